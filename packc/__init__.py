"""packc: compiles one declarative pack spec into Kubernetes packs for every cloud."""

__version__ = "0.1.0"

UNFINISHED = ".packc-"
"""What the names of files and folders begin with that are not whole yet."""

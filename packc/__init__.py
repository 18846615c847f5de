"""packc: compiles one declarative pack spec into Kubernetes packs for every cloud."""

__version__ = "0.1.0"

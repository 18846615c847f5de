"""demo_moon: cannot be imported."""

raise RuntimeError("no such moon")

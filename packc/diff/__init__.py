"""diff: what changes from one set of objects to another, why, and what that does in a cluster."""

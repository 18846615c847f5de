"""registry: a small client of the OCI distribution protocol, and what is done with it."""

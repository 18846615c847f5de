"""signing: signatures with a local P-256 key, in both forms that cosign knows."""

"""publish: built packs as OCI artifacts: packaged, signed and checked without a network."""

"""patching: the patch engine: paths, operations on data, footprints, and what clashes."""

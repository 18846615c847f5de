"""checks: everything that can be known of a pack without a cluster, for all of its variants."""

"""demo_shared: what two plugins of the tests should not share."""

seen = set()

"""other_moon: never imported."""

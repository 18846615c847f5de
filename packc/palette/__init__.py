"""palette: what a Palette pack is, and what can be wrong with one; `lint-palette` asks here."""

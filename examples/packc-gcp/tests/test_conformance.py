"""The plugin keeps packc's rules for plugins: a test for each rule, as `packc plugin certify`."""

from __future__ import annotations

from pathlib import Path

from packc.testing import suite

PACKS = [Path(__file__).parent / "pack"]

TestGcp = suite("gcp", PACKS)

"""The plugin keeps packc's rules for plugins: a test for each rule, as `packc plugin certify`."""

from __future__ import annotations

from packc.testing import suite

TestGcp = suite("gcp")

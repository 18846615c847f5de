"""testing: the conformance kit: holds a plugin against named rules, as a command and in pytest."""

from __future__ import annotations

from packc.testing.certify import FAILED, PASSED, SKIPPED, Report, Result, certify
from packc.testing.suite import suite

__all__ = ["FAILED", "PASSED", "SKIPPED", "Report", "Result", "certify", "suite"]

"""limits: how much a plugin may take: of time, of memory, of words."""

from __future__ import annotations

from typing import Final

IMPORT_SECONDS: Final = 0.5
"""For importing the plugin, after packc itself: every command that uses the plugin waits for it."""

HOOK_SECONDS: Final = 1.0
"""For one question: a pack of a hundred variants asks a hundred times."""

HANG_SECONDS: Final = 5.0
"""After so long a hook counts as one that never ends."""

PROCESS_SECONDS: Final = 120.0
"""For a whole experiment, whatever the plugin does."""

MEMORY: Final = 1 << 31
"""Bytes of address space that an experiment has."""

WORDS: Final = 10
"""Characters of a description, a reason or a docstring that says anything."""

ANSWER_ITEMS: Final = 1_000
ANSWER_BYTES: Final = 1 << 20
"""A larger answer does not fit into what the API server takes anyway."""

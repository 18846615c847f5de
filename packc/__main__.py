"""__main__: `python -m packc`, and the entry point of the `packc` command."""

import gc
import sys

from packc import cli

COLLECTIONS = (100_000, 50, 100)
"""Looking for cycles as often as Python does takes a tenth of a run, and finds next to none."""


def main() -> int:
    """Run one command in a process of its own."""
    gc.set_threshold(*COLLECTIONS)
    try:
        return cli.main()
    finally:
        gc.freeze()  # at its end Python would look at every object once more


if __name__ == "__main__":
    sys.exit(main())

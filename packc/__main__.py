"""__main__: `python -m packc`, and the entry point of the `packc` command."""

import sys

from packc.cli import main

if __name__ == "__main__":
    sys.exit(main())

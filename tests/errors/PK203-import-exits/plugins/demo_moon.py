"""demo_moon: leaves while it is imported."""

import sys

sys.exit("goodbye")

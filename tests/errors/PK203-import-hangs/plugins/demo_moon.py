"""demo_moon: never ends to import."""

import time

time.sleep(60)

"""demo_moon: a cloud that is killed, as by a lack of memory."""

import ctypes
import os
import signal

from packc.api import Cloud, hookimpl


@hookimpl
def packc_clouds():
    return [Cloud("moon", "The Moon")]


@hookimpl
def packc_patches(variant):
    ctypes.CDLL(None).kill(os.getpid(), signal.SIGKILL)

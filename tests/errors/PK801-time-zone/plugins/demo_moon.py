"""demo_moon: the cloud of the tests."""

import time

from packc.api import Cloud, Patch, add, hookimpl


@hookimpl
def packc_clouds():
    return [Cloud("moon", "The Moon")]


@hookimpl
def packc_patches(variant):
    colour = time.strftime("%H", time.localtime(0))
    return [Patch("ConfigMap/demo", (add("/data/colour", str(colour)),))]

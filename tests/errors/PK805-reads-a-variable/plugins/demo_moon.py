"""demo_moon: the cloud of the tests."""

import os

from packc.api import Cloud, Patch, add, hookimpl


@hookimpl
def packc_clouds():
    return [Cloud("moon", "The Moon")]


@hookimpl
def packc_patches(variant):
    colour = os.environ.get("DEMO_COLOUR", "grey")
    return [Patch("ConfigMap/demo", (add("/data/colour", str(colour)),))]

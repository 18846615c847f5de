"""demo_moon: the cloud of the tests."""

import subprocess

from packc.api import Cloud, Patch, add, hookimpl


@hookimpl
def packc_clouds():
    return [Cloud("moon", "The Moon")]


@hookimpl
def packc_patches(variant):
    subprocess.run(["true"], check=True)
    colour = "grey"
    return [Patch("ConfigMap/demo", (add("/data/colour", str(colour)),))]

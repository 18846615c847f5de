"""demo_moon: the cloud of the tests."""

from packc.api import Cloud, Patch, add, hookimpl


@hookimpl
def packc_clouds():
    return [Cloud("moon", "The Moon")]


@hookimpl
def packc_patches(variant):
    seconds = str(variant.values["demo.size"] * 60)
    return [Patch("ConfigMap/demo", (add("/data/seconds", seconds),))]

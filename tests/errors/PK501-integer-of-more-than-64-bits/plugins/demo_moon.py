"""demo_moon: the cloud of the tests."""

from packc.api import Cloud, Patch, add, hookimpl


@hookimpl
def packc_clouds():
    return [Cloud("moon", "The Moon")]


@hookimpl
def packc_patches(variant):
    return [Patch("ConfigMap/demo", (add("/data/large", 2**64),))]

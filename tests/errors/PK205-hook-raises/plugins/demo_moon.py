"""demo_moon: the cloud of the tests."""

from packc.api import Cloud, hookimpl


@hookimpl
def packc_clouds():
    return [Cloud("moon", "The Moon")]


@hookimpl
def packc_patches(variant):
    return _patches(variant.values["demo.colour"])


def _patches(colour):
    return [colour]

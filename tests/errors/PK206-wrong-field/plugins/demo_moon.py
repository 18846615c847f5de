"""demo_moon: the cloud of the tests."""

from packc.api import Cloud, Patch, hookimpl, replace


@hookimpl
def packc_clouds():
    return [Cloud("moon", "The Moon")]


@hookimpl
def packc_patches(variant):
    return [Patch("ConfigMap/demo", [replace(7, "fast")])]

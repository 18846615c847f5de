"""demo_moon: the cloud of the tests."""

from packc.api import Cloud, Patch, add, hookimpl


@hookimpl
def packc_clouds():
    return [Cloud("moon", "The Moon")]


@hookimpl
def packc_patches(variant):
    added = [add(f"/data/extra{n}", "x") for n in range(variant.values["demo.size"])]
    return [Patch("ConfigMap/demo", tuple(added))]

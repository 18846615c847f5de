"""demo_moon: the cloud of the tests."""

import itertools

from packc.api import Cloud, Patch, add, hookimpl

COUNT = itertools.count()


@hookimpl
def packc_clouds():
    return [Cloud("moon", "The Moon")]


@hookimpl
def packc_patches(variant):
    colour = next(COUNT)
    return [Patch("ConfigMap/demo", (add("/data/colour", str(colour)),))]

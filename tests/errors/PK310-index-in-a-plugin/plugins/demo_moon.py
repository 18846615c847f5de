"""demo_moon: the cloud of the tests."""

from packc.api import Cloud, Patch, hookimpl, replace


@hookimpl
def packc_clouds():
    return [Cloud("moon", "The Moon")]


@hookimpl
def packc_patches(variant):
    path = "/spec/template/spec/containers/0/image"
    return [Patch("Deployment/demo", (replace(path, "demo:2"),))]

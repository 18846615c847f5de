"""demo_moon: the cloud of the tests."""

from packc.api import Cloud, hookimpl, new_object


@hookimpl
def packc_clouds():
    return [Cloud("moon", "The Moon")]


@hookimpl
def packc_objects(variant):
    layers = {}
    for _ in range(120):
        layers = {"below": layers}
    metadata = {"name": "core"}
    return [new_object({"apiVersion": "v1", "kind": "Moon", "metadata": metadata, "spec": layers})]

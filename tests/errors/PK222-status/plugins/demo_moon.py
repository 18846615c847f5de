"""demo_moon: the cloud of the tests."""

from packc.api import Cloud, hookimpl, new_object


@hookimpl
def packc_clouds():
    return [Cloud("moon", "The Moon")]


@hookimpl
def packc_objects(variant):
    return [
        new_object(
            {
                "apiVersion": "v1",
                "kind": "Node",
                "metadata": {"name": "craters"},
                "status": {},
            }
        )
    ]

"""demo_sun: a feature of the tests."""

from packc.api import Feature, hookimpl, new_object


@hookimpl
def packc_features():
    return [Feature("sun", "Sunlight")]


@hookimpl
def packc_objects(variant):
    return [
        new_object(
            {
                "apiVersion": "v1",
                "kind": "ConfigMap",
                "metadata": {"name": "craters"},
                "data": {"tycho": "86 km"},
            }
        )
    ]

"""demo_moon: the cloud of the tests."""

from packc.api import Cloud, hookimpl


@hookimpl
def packc_clouds():
    return [Cloud("moon", "The Moon")]


@hookimpl
def packc_check(objects):
    objects[0]["data"].clear()
    return []

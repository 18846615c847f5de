"""demo_moon: the cloud of the tests."""

from packc.api import Cloud, hookimpl

PACKC_API = 1000


@hookimpl
def packc_clouds():
    return [Cloud("moon", "The Moon")]

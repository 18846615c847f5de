"""demo_moon: the cloud of the tests."""

from packc.api import Cloud, Finding, hookimpl


@hookimpl
def packc_clouds():
    return [Cloud("moon", "The Moon")]


@hookimpl
def packc_check(objects):
    return [Finding("PK999", "not mine to say")]

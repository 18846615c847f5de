"""demo_moon: the cloud of the tests."""

from pathlib import Path

from packc.api import Cloud, hookimpl

Path(__file__).unlink()


@hookimpl
def packc_clouds():
    return [Cloud("moon", "The Moon")]

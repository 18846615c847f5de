"""demo_moon: the cloud of the tests."""

import os

from packc.api import Cloud, hookimpl


@hookimpl
def packc_clouds():
    os.chdir("/")
    return [Cloud("moon", "The Moon")]

"""demo_moon: the cloud of the tests."""

import os

from packc.api import Cloud, hookimpl

os.environ["DEMO_MOON"] = "full"


@hookimpl
def packc_clouds():
    return [Cloud("moon", "The Moon")]

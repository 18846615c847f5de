"""demo_crate: a format of the tests."""

from packc.api import Format, hookimpl


@hookimpl
def packc_formats():
    return [Format("crate", "A crate.", _emit)]


def _emit(build):
    return build.clouds["mars"]

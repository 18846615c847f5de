"""demo_crate: a format of the tests."""

from packc.api import Format, Output, OutputFile, hookimpl


@hookimpl
def packc_formats():
    return [Format("crate", "A crate.", _emit)]


def _emit(build):
    return Output((OutputFile("../crate.txt", b"x"),))

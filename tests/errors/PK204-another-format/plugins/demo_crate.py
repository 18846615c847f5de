"""demo_crate: a format of the tests."""

from packc.api import Format, Output, hookimpl


@hookimpl
def packc_formats():
    return [Format("box", "A box.", lambda build: Output(()))]

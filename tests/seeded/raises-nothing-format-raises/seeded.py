"""seeded: a format whose files depend on a feature that no pack has."""

from packc.api import Format, Output, OutputFile, hookimpl


@hookimpl
def packc_formats():
    return [Format("seeded", "Files with one fault", emit)]


def emit(build):
    return Output((OutputFile(build.features["seeded"].name, b""),))

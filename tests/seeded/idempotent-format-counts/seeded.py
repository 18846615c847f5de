"""seeded: a format whose files depend on how often it is asked."""

from packc.api import Format, Output, OutputFile, hookimpl

ASKED = []


@hookimpl
def packc_formats():
    return [Format("seeded", "Files with one fault", emit)]


def emit(build):
    ASKED.append(build.spec.name)
    return Output((OutputFile("seeded.txt", str(len(ASKED)).encode()),))

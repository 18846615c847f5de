"""seeded: a format whose files depend on the environment."""

import os

from packc.api import Format, Output, OutputFile, hookimpl


@hookimpl
def packc_formats():
    return [Format("seeded", "Files with one fault", emit)]


def emit(build):
    text = os.environ.get("SEEDED_TEXT", "").encode()
    return Output((OutputFile("seeded.txt", text),))

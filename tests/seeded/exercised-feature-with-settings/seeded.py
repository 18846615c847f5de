"""seeded: a feature that no pack at hand offers."""

from packc.api import Feature, Note, hookimpl


@hookimpl
def packc_features():
    settings = {"workload": "the workload, as Kind/name"}
    return [Feature("seeded", "Seeded", "A feature with one fault.", settings)]


@hookimpl
def packc_notes(variant):
    return [Note("Nobody reads this.")]

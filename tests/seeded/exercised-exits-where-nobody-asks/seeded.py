"""seeded: a feature that exits, and that no pack at hand offers."""

from packc.api import Feature, hookimpl


@hookimpl
def packc_features():
    settings = {"workload": "the workload, as Kind/name"}
    return [Feature("seeded", "Seeded", "A feature with one fault.", settings)]


@hookimpl
def packc_notes(variant):
    raise SystemExit(3)

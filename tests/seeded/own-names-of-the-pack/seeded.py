"""seeded: adds a parameter that the pack has."""

from packc.api import Feature, Parameter, hookimpl


@hookimpl
def packc_features():
    return [Feature("seeded", "Seeded", "A feature with one fault.")]


@hookimpl
def packc_parameters():
    return [
        Parameter(name="certify.word", type="string", description="Any word at all.", default="a")
    ]

"""seeded: has a minimum above the maximum."""

from packc.api import Feature, Parameter, hookimpl


@hookimpl
def packc_features():
    return [Feature("seeded", "Seeded", "A feature with one fault.")]


@hookimpl
def packc_parameters():
    return [
        Parameter(
            name="seeded.size",
            type="integer",
            description="How many of them.",
            minimum=5,
            maximum=3,
        )
    ]

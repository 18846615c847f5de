"""seeded: has a parameter that nobody understands."""

from packc.api import Feature, Parameter, hookimpl


@hookimpl
def packc_features():
    return [Feature("seeded", "Seeded", "A feature with one fault.")]


@hookimpl
def packc_parameters():
    size = Parameter(name="seeded.size", type="integer", description="Size.", default=3)
    return [size]

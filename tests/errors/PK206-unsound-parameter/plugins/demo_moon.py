"""demo_moon: a feature with a parameter that contradicts itself."""

from packc.api import Feature, Parameter, hookimpl


@hookimpl
def packc_features():
    return [Feature("moon", "Moonlight")]


@hookimpl
def packc_parameters():
    return [Parameter(name="moon.phase", type="integer", description="", minimum=3, maximum=1)]

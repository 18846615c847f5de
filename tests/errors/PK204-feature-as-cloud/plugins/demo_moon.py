"""demo_moon: a feature, not a cloud."""

from packc.api import Feature, hookimpl


@hookimpl
def packc_features():
    return [Feature("moon", "Moonlight")]

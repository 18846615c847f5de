"""demo_moon: a feature with a setting."""

from packc.api import Feature, hookimpl


@hookimpl
def packc_features():
    return [Feature("moon", "Moonlight", settings={"object": "what the light falls on"})]

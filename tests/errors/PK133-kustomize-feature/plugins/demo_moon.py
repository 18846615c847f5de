"""demo_moon: the cloud and the feature of the tests."""

from packc.api import Cloud, Feature, Parameter, hookimpl


@hookimpl
def packc_clouds():
    return [Cloud("moon", "The Moon")]


@hookimpl
def packc_features():
    return [Feature("light", "Light", "Makes light.")]


@hookimpl
def packc_parameters():
    return [Parameter(name="light.url", type="url", description="Its server.", required=True)]

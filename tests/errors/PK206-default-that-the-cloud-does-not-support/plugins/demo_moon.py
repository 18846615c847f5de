"""demo_moon: a cloud that contradicts itself."""

from packc.api import Cloud, Fact, hookimpl


@hookimpl
def packc_clouds():
    return [Cloud("moon", "The Moon", facts=(Fact("gravity", ("low",), "high"),))]

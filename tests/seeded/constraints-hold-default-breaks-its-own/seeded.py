"""seeded: has a default that its own constraint forbids."""

from packc.api import Constraint, Feature, Parameter, hookimpl


@hookimpl
def packc_features():
    return [Feature("seeded", "Seeded", "A feature with one fault.")]


@hookimpl
def packc_parameters():
    reason = "the nodes have these addresses"
    return [
        Parameter(
            name="seeded.network",
            type="cidr",
            description="The network of the pods.",
            default="10.0.0.0/8",
            constraints=(Constraint(reason=reason, excludes="10.1.0.0/16"),),
        )
    ]

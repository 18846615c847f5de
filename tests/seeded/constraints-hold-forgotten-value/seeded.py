"""seeded: knows one of two values only."""

from packc.api import EnumValue, Feature, Note, Parameter, hookimpl


@hookimpl
def packc_features():
    return [Feature("seeded", "Seeded", "A feature with one fault.")]


@hookimpl
def packc_notes(variant):
    words = {"small": "It is small."}
    return [Note(words[variant.values["seeded.kind"]])]


@hookimpl
def packc_parameters():
    small = EnumValue(value="small", description="It is small.")
    large = EnumValue(value="large", description="It is large.")
    kind = Parameter(
        name="seeded.kind",
        type="enum",
        description="How large it is.",
        values=(small, large),
        default="small",
    )
    return [kind]

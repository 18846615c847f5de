"""demo_moon: a cloud that says what it was told in secret."""

from packc.api import Cloud, Fact, Note, hookimpl


@hookimpl
def packc_clouds():
    fact = Fact("pod-network-encapsulation", ("ipip", "vxlan"), "vxlan")
    return [Cloud("moon", "Moon", "No atmosphere.", (fact,))]


@hookimpl
def packc_notes(variant):
    word = variant.values.get("certify.secret", "unknown")
    return [Note(f"The word is {word}.")]

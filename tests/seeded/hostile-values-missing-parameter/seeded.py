"""seeded: counts on a parameter that no pack has to have."""

from packc.api import Cloud, Fact, Note, hookimpl


@hookimpl
def packc_clouds():
    fact = Fact("pod-network-encapsulation", ("ipip", "vxlan"), "vxlan")
    return [Cloud("seeded", "Seeded", "A cloud with one fault.", (fact,))]


@hookimpl
def packc_notes(variant):
    if variant.pack == "certify":
        return [Note(variant.values["certify.word"])]
    return []

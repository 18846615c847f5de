"""seeded: raises for two values that come together, not for one of them."""

from packc.api import Cloud, Fact, hookimpl


@hookimpl
def packc_clouds():
    fact = Fact("pod-network-encapsulation", ("ipip", "vxlan"), "vxlan")
    return [Cloud("seeded", "Seeded", "A cloud with one fault.", (fact,))]


@hookimpl
def packc_notes(variant):
    if variant.values.get("certify.fast") and variant.values.get("certify.fact") == "ipip":
        raise ValueError("fast ipip")
    return []

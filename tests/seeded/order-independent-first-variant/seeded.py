"""seeded: remembers the first variant that it is asked about."""

from packc.api import Cloud, Fact, Note, hookimpl

FIRST = {}


@hookimpl
def packc_clouds():
    fact = Fact("pod-network-encapsulation", ("ipip", "vxlan"), "vxlan")
    return [Cloud("seeded", "Seeded", "A cloud with one fault.", (fact,))]


@hookimpl
def packc_notes(variant):
    FIRST.setdefault("values", str(variant.values.get("certify.fast")))
    return [Note("The first had " + FIRST["values"])]

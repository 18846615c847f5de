"""seeded: has a hook without its mark."""

from packc.api import Cloud, Fact, hookimpl


@hookimpl
def packc_clouds():
    fact = Fact("pod-network-encapsulation", ("ipip", "vxlan"), "vxlan")
    return [Cloud("seeded", "Seeded", "A cloud with one fault.", (fact,))]


def packc_notes(variant):
    return []

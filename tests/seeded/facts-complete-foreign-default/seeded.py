"""seeded: has a default that it does not support."""

from packc.api import Cloud, Fact, hookimpl


@hookimpl
def packc_clouds():
    fact = Fact("pod-network-encapsulation", ("ipip", "vxlan"), "geneve")
    return [Cloud("seeded", "Seeded", "A cloud with one fault.", (fact,))]

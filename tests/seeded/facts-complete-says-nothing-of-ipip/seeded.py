"""seeded: says nothing of one encapsulation."""

from packc.api import Cloud, Fact, hookimpl


@hookimpl
def packc_clouds():
    fact = Fact("pod-network-encapsulation", ("vxlan",), "vxlan")
    return [Cloud("seeded", "Seeded", "A cloud with one fault.", (fact,))]

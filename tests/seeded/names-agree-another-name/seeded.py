"""seeded: provides a cloud of another name."""

from packc.api import Cloud, Fact, hookimpl


@hookimpl
def packc_clouds():
    fact = Fact("pod-network-encapsulation", ("ipip", "vxlan"), "vxlan")
    return [Cloud("planted", "Seeded", "A cloud with one fault.", (fact,))]

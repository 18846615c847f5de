"""seeded: needs a packc of the future."""

from packc.api import Cloud, Fact, hookimpl

PACKC_API = 1000


@hookimpl
def packc_clouds():
    fact = Fact("pod-network-encapsulation", ("ipip", "vxlan"), "vxlan")
    return [Cloud("seeded", "Seeded", "A cloud with one fault.", (fact,))]

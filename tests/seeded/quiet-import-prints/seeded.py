"""seeded: prints when it is imported."""

from packc.api import Cloud, Fact, hookimpl

print("seeded 1.0")


@hookimpl
def packc_clouds():
    fact = Fact("pod-network-encapsulation", ("ipip", "vxlan"), "vxlan")
    return [Cloud("seeded", "Seeded", "A cloud with one fault.", (fact,))]

"""seeded: patches an object that most packs do not have."""

from packc.api import Cloud, Fact, Patch, add, hookimpl


@hookimpl
def packc_clouds():
    fact = Fact("pod-network-encapsulation", ("ipip", "vxlan"), "vxlan")
    return [Cloud("seeded", "Seeded", "A cloud with one fault.", (fact,))]


@hookimpl
def packc_patches(variant):
    return [
        Patch(
            "DaemonSet/calico-node",
            (add("/data/seeded", "yes"),),
            description="the cloud needs it",
        )
    ]

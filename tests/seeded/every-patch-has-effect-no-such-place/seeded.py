"""seeded: removes what is not there."""

from packc.api import Cloud, Fact, Patch, hookimpl, remove


@hookimpl
def packc_clouds():
    fact = Fact("pod-network-encapsulation", ("ipip", "vxlan"), "vxlan")
    return [Cloud("seeded", "Seeded", "A cloud with one fault.", (fact,))]


@hookimpl
def packc_patches(variant):
    if variant.pack != "certify":
        return []
    return [
        Patch(
            "ConfigMap/certify",
            (remove("/data/nothing"),),
            description="the cloud needs it",
        )
    ]

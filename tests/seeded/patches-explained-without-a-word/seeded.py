"""seeded: does not say why it patches."""

from packc.api import Cloud, Fact, Patch, add, hookimpl


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
            (add("/data/seeded", "yes"),),
        )
    ]

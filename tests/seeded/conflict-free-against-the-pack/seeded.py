"""seeded: writes a field that the pack writes."""

from packc.api import Cloud, Fact, Patch, hookimpl, replace


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
            (replace("/data/word", "mine"),),
            description="the cloud needs it",
        )
    ]

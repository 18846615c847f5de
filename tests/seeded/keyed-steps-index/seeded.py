"""seeded: names an item of a list by its index."""

from packc.api import Cloud, Fact, Patch, add, hookimpl, replace


@hookimpl
def packc_clouds():
    fact = Fact("pod-network-encapsulation", ("ipip", "vxlan"), "vxlan")
    return [Cloud("seeded", "Seeded", "A cloud with one fault.", (fact,))]


@hookimpl
def packc_patches(variant):
    if variant.pack != "certify":
        return []
    items = add("/data/list", [{"name": "a"}])
    first = replace("/data/list/0/name", "b")
    return [Patch("ConfigMap/certify", (items, first), description="the cloud needs it")]

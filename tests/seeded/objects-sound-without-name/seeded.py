"""seeded: brings an object without a name."""

from packc.api import Cloud, Fact, NewObject, hookimpl


@hookimpl
def packc_clouds():
    fact = Fact("pod-network-encapsulation", ("ipip", "vxlan"), "vxlan")
    return [Cloud("seeded", "Seeded", "A cloud with one fault.", (fact,))]


@hookimpl
def packc_objects(variant):
    return [NewObject({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {}}, "it is needed")]

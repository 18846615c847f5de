"""seeded: imports a module that is not of the API."""

from packc.api import Cloud, Fact, Note, hookimpl
from packc.model import MISSING


@hookimpl
def packc_clouds():
    fact = Fact("pod-network-encapsulation", ("ipip", "vxlan"), "vxlan")
    return [Cloud("seeded", "Seeded", "A cloud with one fault.", (fact,))]


@hookimpl
def packc_notes(variant):
    return [Note("The cloud has no name.")] if variant.cloud.name is MISSING else []

"""seeded: looks for other plugins."""

import sys

from packc.api import Cloud, Fact, Note, hookimpl


@hookimpl
def packc_clouds():
    fact = Fact("pod-network-encapsulation", ("ipip", "vxlan"), "vxlan")
    return [Cloud("seeded", "Seeded", "A cloud with one fault.", (fact,))]


@hookimpl
def packc_notes(variant):
    other = "packc_aws" in sys.modules
    return [Note("AWS is here too.")] if other else []

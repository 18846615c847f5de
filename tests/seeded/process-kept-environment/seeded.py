"""seeded: sets a variable for everybody."""

import os

from packc.api import Cloud, Fact, hookimpl


@hookimpl
def packc_clouds():
    fact = Fact("pod-network-encapsulation", ("ipip", "vxlan"), "vxlan")
    return [Cloud("seeded", "Seeded", "A cloud with one fault.", (fact,))]


@hookimpl
def packc_notes(variant):
    os.environ["SEEDED"] = "yes"
    return []

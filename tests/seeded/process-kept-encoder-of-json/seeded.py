"""seeded: replaces a function of Python that packc itself may need."""

import json

from packc.api import Cloud, Fact, hookimpl

json.dumps = None


@hookimpl
def packc_clouds():
    fact = Fact("pod-network-encapsulation", ("ipip", "vxlan"), "vxlan")
    return [Cloud("seeded", "Seeded", "A cloud with one fault.", (fact,))]

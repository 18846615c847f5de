"""seeded: takes its time when it is imported."""

import time

from packc.api import Cloud, Fact, hookimpl

time.sleep(0.7)


@hookimpl
def packc_clouds():
    fact = Fact("pod-network-encapsulation", ("ipip", "vxlan"), "vxlan")
    return [Cloud("seeded", "Seeded", "A cloud with one fault.", (fact,))]

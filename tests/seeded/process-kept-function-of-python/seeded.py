"""seeded: replaces a function of Python for everybody."""

import builtins

from packc.api import Cloud, Fact, hookimpl

OPEN = builtins.open


def counting(*arguments, **options):
    return OPEN(*arguments, **options)


builtins.open = counting


@hookimpl
def packc_clouds():
    fact = Fact("pod-network-encapsulation", ("ipip", "vxlan"), "vxlan")
    return [Cloud("seeded", "Seeded", "A cloud with one fault.", (fact,))]

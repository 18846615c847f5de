"""seeded: has codes of two prefixes."""

from packc.api import Cloud, Fact, Finding, Severity, hookimpl


@hookimpl
def packc_clouds():
    fact = Fact("pod-network-encapsulation", ("ipip", "vxlan"), "vxlan")
    return [Cloud("seeded", "Seeded", "A cloud with one fault.", (fact,))]


@hookimpl
def packc_check(variant):
    codes = ("SEED101", "PLANT101")
    return [Finding(code, "the cloud is full", Severity.NOTE) for code in codes]

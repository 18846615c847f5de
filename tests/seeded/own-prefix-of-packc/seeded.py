"""seeded: has a code of packc's own."""

from packc.api import Cloud, Fact, Finding, Severity, hookimpl


@hookimpl
def packc_clouds():
    fact = Fact("pod-network-encapsulation", ("ipip", "vxlan"), "vxlan")
    return [Cloud("seeded", "Seeded", "A cloud with one fault.", (fact,))]


@hookimpl
def packc_check(variant):
    return [Finding("PK999", "the cloud is full", Severity.NOTE)]

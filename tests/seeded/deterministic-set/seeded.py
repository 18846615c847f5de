"""seeded: says the words of a set as they come."""

from packc.api import Cloud, Fact, Note, hookimpl


@hookimpl
def packc_clouds():
    fact = Fact("pod-network-encapsulation", ("ipip", "vxlan"), "vxlan")
    return [Cloud("seeded", "Seeded", "A cloud with one fault.", (fact,))]


@hookimpl
def packc_notes(variant):
    words = {"one", "two", "three", "four", "five", "six", "seven"}
    return [Note(" ".join(words))]

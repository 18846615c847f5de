"""seeded: puts a value into a format."""

from packc.api import Cloud, Fact, Note, hookimpl


@hookimpl
def packc_clouds():
    fact = Fact("pod-network-encapsulation", ("ipip", "vxlan"), "vxlan")
    return [Cloud("seeded", "Seeded", "A cloud with one fault.", (fact,))]


@hookimpl
def packc_notes(variant):
    word = variant.values.get("certify.word", "")
    return [Note(("The word is " + word).format())]

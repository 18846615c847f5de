"""seeded: counts how often it is asked."""

from packc.api import Cloud, Fact, Note, hookimpl

ASKED = []


@hookimpl
def packc_clouds():
    fact = Fact("pod-network-encapsulation", ("ipip", "vxlan"), "vxlan")
    return [Cloud("seeded", "Seeded", "A cloud with one fault.", (fact,))]


@hookimpl
def packc_notes(variant):
    ASKED.append(variant.name)
    return [Note(f"Asked {len(ASKED)} times.")]

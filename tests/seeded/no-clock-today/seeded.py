"""seeded: says what day it is."""

import datetime

from packc.api import Cloud, Fact, Note, hookimpl


@hookimpl
def packc_clouds():
    fact = Fact("pod-network-encapsulation", ("ipip", "vxlan"), "vxlan")
    return [Cloud("seeded", "Seeded", "A cloud with one fault.", (fact,))]


@hookimpl
def packc_notes(variant):
    today = datetime.date.today()
    return [Note(f"Built on a {today:%A}.")] if today.year < 2000 else []

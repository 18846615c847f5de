"""seeded: looks up a host."""

import socket

from packc.api import Cloud, Fact, hookimpl


@hookimpl
def packc_clouds():
    fact = Fact("pod-network-encapsulation", ("ipip", "vxlan"), "vxlan")
    return [Cloud("seeded", "Seeded", "A cloud with one fault.", (fact,))]


@hookimpl
def packc_notes(variant):
    socket.getaddrinfo("localhost", 80)
    return []

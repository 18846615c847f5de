"""demo_moon: the cloud of the tests."""

import socket

from packc.api import Cloud, Patch, add, hookimpl


@hookimpl
def packc_clouds():
    return [Cloud("moon", "The Moon")]


@hookimpl
def packc_patches(variant):
    socket.socket().close()
    colour = "grey"
    return [Patch("ConfigMap/demo", (add("/data/colour", str(colour)),))]

"""channel: messages between two processes of one machine: plain data over a pair of sockets."""

from __future__ import annotations

import marshal
import socket
from typing import Any

from attrs import frozen

LENGTH = 8


class ClosedError(Exception):
    """The other side has gone."""


@frozen(eq=False)
class Channel:
    """One end. A message arrives whole, or not at all."""

    socket: socket.socket

    def send(self, message: Any) -> None:
        """Send plain data; raise ClosedError where nobody is left to take it."""
        content = marshal.dumps(message)
        try:
            self.socket.sendall(len(content).to_bytes(LENGTH, "big") + content)
        except OSError as error:
            raise ClosedError from error

    def receive(self) -> Any:
        """Return the next message; raise ClosedError where there will be none."""
        return marshal.loads(self._read(int.from_bytes(self._read(LENGTH), "big")))

    def close(self) -> None:
        self.socket.close()

    def fileno(self) -> int:
        return self.socket.fileno()

    def _read(self, size: int) -> bytes:
        content = bytearray(size)
        view = memoryview(content)
        while view:
            try:
                count = self.socket.recv_into(view)
            except OSError as error:
                raise ClosedError from error
            if not count:
                raise ClosedError
            view = view[count:]
        return bytes(content)


def channels() -> tuple[Channel, Channel]:
    """Return the two ends of a new channel."""
    one, other = socket.socketpair()
    return Channel(one), Channel(other)

"""watch: sees what a hook does besides computing: files, sockets, programs, environment, clock.

Audit hooks of Python see files, sockets and programs; a profile function, which runs only while a
hook does, sees the rest. Both see what Python code does. What native code does by itself stays
unseen: this catches mistakes, not malice.
"""

from __future__ import annotations

import os
import random
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date
from importlib.machinery import ModuleSpec
from pathlib import Path
from types import FrameType, ModuleType
from typing import Any, Final

from attrs import Factory, define, field, frozen

_SOCKETS: Final = {
    "socket.__new__": "opens a socket",
    "socket.bind": "binds a socket",
    "socket.connect": "connects a socket",
    "socket.getaddrinfo": "looks up a host",
    "socket.gethostbyaddr": "looks up a host",
    "socket.gethostbyname": "looks up a host",
    "socket.getnameinfo": "looks up a host",
    "socket.sendto": "sends to a socket",
}
_PROGRAMS: Final = {
    "os.exec": "runs the program",
    "os.fork": "forks the process",
    "os.forkpty": "forks the process",
    "os.posix_spawn": "runs the program",
    "os.spawn": "runs the program",
    "os.system": "runs the command",
    "pty.spawn": "runs the program",
    "subprocess.Popen": "runs the program",
}
_FOLDERS: Final = {"os.listdir": "lists the folder", "os.scandir": "lists the folder"}
_CHANGES: Final = {
    "os.chmod": "changes the file",
    "os.link": "changes the file",
    "os.mkdir": "makes the folder",
    "os.remove": "removes the file",
    "os.rename": "renames the file",
    "os.rmdir": "removes the folder",
    "os.symlink": "makes the link",
    "os.truncate": "changes the file",
    "os.utime": "changes the file",
}
_CLOCK: Final = frozenset(
    f"{name}{unit}"
    for name in ("time", "clock_gettime", "monotonic", "perf_counter", "process_time")
    for unit in ("", "_ns")
)
_MACHINE: Final = frozenset(
    (
        *("cpu_count", "getcwd", "getegid", "geteuid", "getgid", "getgroups", "getlogin"),
        *("getpid", "getppid", "getuid", "sched_getaffinity", "umask", "uname"),
    )
)
_LOOKING: Final = ("access", "lstat", "readlink", "stat")
_WRITING: Final = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND
_ENVIRONMENT: Final = type(os.environ).__getitem__.__code__
_WHOLE_ENVIRONMENT: Final = type(os.environ).__iter__.__code__
_IMPORTING: Final = ("<frozen importlib._bootstrap>", "<frozen importlib._bootstrap_external>")
_SEEN_AT_MOST: Final = 10_000


@frozen
class Sight:
    """One thing that a hook was seen to do: by which line of which module."""

    code: str
    plugin: str
    hook: str
    deed: str
    file: str
    line: int


@frozen
class _Watched:
    """The hook that runs: its plugin's module name, and the folder of that module."""

    plugin: str
    hook: str
    module: str
    home: Path


@define
class Watch:
    """Watches one hook at a time. `readable` are folders that hooks may read, such as the pack."""

    readable: tuple[Path, ...]
    sights: dict[Sight, None] = Factory(dict)
    _current: _Watched | None = field(default=None, init=False)
    _is_busy: bool = field(default=False, init=False)

    def install(self) -> None:
        """Begin to listen; it cannot be undone in this process."""
        sys.addaudithook(self._audited)
        for name in _LOOKING:
            if hasattr(os, name):
                setattr(os, name, self._telling_file(getattr(os, name)))
        for name, given in (("localtime", 1), ("gmtime", 1), ("ctime", 1), ("strftime", 2)):
            setattr(time, name, self._telling_time(name, getattr(time, name), given))

    @contextmanager
    def over(self, plugin: str, hook: str, module: str, home: Path) -> Iterator[None]:
        """Watch the block, in which a hook runs, or in which a plugin is imported."""
        self._current = _Watched(plugin, hook, module, home)
        threading.setprofile(self._profiled)
        sys.setprofile(self._profiled)
        try:
            yield
        finally:
            sys.setprofile(None)
            threading.setprofile(None)
            self._current = None

    # --- listening ----------------------------------------------------------------------------

    def _audited(self, event: str, arguments: tuple[Any, ...]) -> None:
        self._judge(self._audit, event, arguments)

    def _profiled(self, frame: FrameType, event: str, argument: Any) -> None:
        if event == "c_call":
            self._judge(self._native_call, argument)
        elif event == "call" and frame.f_code in (_ENVIRONMENT, _WHOLE_ENVIRONMENT):
            self._judge(self._environment, frame)

    def _judge(self, judge: Callable[..., None], *arguments: Any) -> None:
        """Look at an event of a hook; what looking itself does is none."""
        if self._current is None or self._is_busy:
            return
        self._is_busy = True
        try:
            judge(*arguments)
        finally:
            self._is_busy = False

    def _audit(self, event: str, arguments: tuple[Any, ...]) -> None:
        if event == "open":
            self._open(*arguments)
        elif event in _FOLDERS or event in _CHANGES:
            deed = _FOLDERS.get(event) or _CHANGES[event]
            self._file(deed, arguments[0], event in _FOLDERS)
        elif event in _SOCKETS:
            self._see("PK803", f"{_SOCKETS[event]}{_quoted(_host(event, arguments))}")
        elif event in _PROGRAMS:
            self._see("PK804", f"{_PROGRAMS[event]}{_quoted(_program(arguments))}")
        elif event == "socket.gethostname":
            self._see("PK808", "asks the machine with socket.gethostname")

    def _environment(self, frame: FrameType) -> None:
        if frame.f_code is _WHOLE_ENVIRONMENT:
            self._see("PK805", "reads the whole environment")
        else:
            name = os.fsdecode(frame.f_locals["key"])
            self._see("PK805", f"reads the environment variable '{name}'")

    def _native_call(self, function: Any) -> None:
        name = getattr(function, "__name__", "")
        owner = getattr(function, "__self__", None)
        module = owner.__name__ if isinstance(owner, ModuleType) else ""
        if module == "time" and name in _CLOCK:
            self._see("PK806", f"reads the clock with time.{name}")
        elif name in ("now", "today", "utcnow") and _is_date(owner):
            self._see("PK806", f"reads the clock with {function.__qualname__}")
        elif owner is random._inst:  # the generator that all share
            self._see("PK807", f"takes random numbers with random.{name}")
        elif module == "posix" and name == "urandom":
            self._see("PK807", "takes random numbers with os.urandom")
        elif module == "posix" and name in _MACHINE:
            self._see("PK808", f"asks the machine with os.{name}")
        elif module == "pwd":
            self._see("PK808", f"asks the machine with pwd.{name}")
        elif module == "_locale":
            self._see("PK808", f"asks the machine with locale.{name}")

    def _telling_file(self, real: Callable[..., Any]) -> Callable[..., Any]:
        def telling(path: Any, *arguments: Any, **options: Any) -> Any:
            self._judge(self._file, "looks at the file", path, True)
            return real(path, *arguments, **options)

        return telling

    def _telling_time(self, name: str, real: Callable[..., Any], given: int) -> Callable[..., Any]:
        def telling(*arguments: Any) -> Any:
            if len(arguments) < given:
                self._judge(self._see, "PK806", f"reads the clock with time.{name}")
            return real(*arguments)

        return telling

    # --- judging ------------------------------------------------------------------------------

    def _open(self, path: Any, mode: str | None, flags: int) -> None:
        is_read = not flags & _WRITING
        self._file("opens the file" if is_read else "writes the file", path, is_read)

    def _file(self, deed: str, path: Any, is_read: bool) -> None:
        if isinstance(path, int) or self._current is None:
            return  # an open file: opening it was seen
        place = Path(os.fsdecode(path or ".")).resolve()
        allowed = (*self.readable, self._current.home)
        if not is_read or not any(place.is_relative_to(folder) for folder in allowed):
            self._see("PK802", f"{deed} '{os.fsdecode(path)}'")

    def _see(self, code: str, deed: str) -> None:
        """Note what the hook did, if it was the hook, and not an import or the log."""
        watched = self._current
        frame = _line_of(watched.module, sys._getframe(1), code) if watched else None
        if watched and frame and len(self.sights) < _SEEN_AT_MOST:
            file = _module_file(frame)
            sight = Sight(code, watched.plugin, watched.hook, deed, file, frame.f_lineno)
            self.sights[sight] = None


def _line_of(module: str, frame: FrameType | None, code: str) -> FrameType | None:
    """Return the innermost frame of the plugin's own code, None where it is not its doing.

    Not its doing is what an import does, what the log does, and how a program is started.
    """
    others = {
        "logging",
        "packc.plugins",
        "packc.supervision",
        "packc.surroundings",
        *(("subprocess",) if code != "PK804" else ()),
    }
    outermost: FrameType | None = None
    while frame is not None:
        name = str(frame.f_globals.get("__name__", ""))
        if name == module or name.startswith(f"{module}."):
            return frame
        if frame.f_code.co_filename in _IMPORTING or name in others:
            return None
        if name == "pluggy._callers":
            return outermost  # a hook that lives in somebody else's module
        if name != __name__:
            outermost = frame
        frame = frame.f_back
    return None


def home_of(spec: ModuleSpec | None) -> Path:
    """Return the folder of a plugin's package, or the file of its module."""
    file = Path(spec.origin if spec and spec.origin else os.devnull).resolve()
    return file.parent if file.name == "__init__.py" else file


def _module_file(frame: FrameType) -> str:
    """Return the file of a frame by its module: the same on every machine."""
    name = str(frame.f_globals.get("__name__", "?")).replace(".", "/")
    return f"{name}/__init__.py" if "__path__" in frame.f_globals else f"{name}.py"


def _is_date(owner: Any) -> bool:
    return isinstance(owner, type) and issubclass(owner, date)


def _host(event: str, arguments: tuple[Any, ...]) -> str:
    match event:
        case "socket.getaddrinfo" | "socket.gethostbyname" | "socket.gethostbyaddr":
            return str(arguments[0])
        case "socket.connect" | "socket.bind" | "socket.sendto":
            address = arguments[1]
            return str(address[0] if isinstance(address, tuple) else address)
        case _:
            return ""


def _program(arguments: tuple[Any, ...]) -> str:
    """Return the name of the program alone: arguments may hold a secret."""
    first = arguments[0] if arguments else ""
    if isinstance(first, bytes):
        first = os.fsdecode(first)
    words = str(first).split()
    return words[0] if words else ""


def _quoted(text: str) -> str:
    return f" '{text}'" if text else ""

"""writer: writes small trees with packc.write, and dies, takes turns or fills a disk meanwhile.

Run by test_write.py. It prints what it saw as lines of JSON; to judge that is the test's work.
"""

from __future__ import annotations

import argparse
import ctypes
import errno
import json
import os
import platform
import signal
import sys
from collections.abc import Callable, Sequence
from contextlib import suppress
from itertools import count
from pathlib import Path
from types import FrameType
from typing import Any

import packc.atomic
import packc.write
from packc.diagnostics import PackcError
from packc.model import OutputFile
from packc.write import write

WATCHED = {packc.atomic.__file__, packc.write.__file__, os.makedirs.__code__.co_filename}
SYSTEM_CALLS: dict[str, dict[str, tuple[int, ...]]] = {
    "x86_64": {"exchange": (316,), "links": (86, 265)},
    "aarch64": {"exchange": (276,), "links": (37,)},
}
"""The numbers of renameat2, and of link and linkat (asm/unistd.h)."""


def variants(tag: str, *names: str, size: int = 0) -> dict[str, list[OutputFile]]:
    """Return variants whose files all hold the tag, so that a mixture shows."""
    return {
        name: [
            OutputFile("manifests.yaml", f"{name} {tag}{'.' * size}\n".encode(), private=True),
            OutputFile("build.json", f"{name} {tag}\n".encode()),
        ]
        for name in names
    }


def tree(folder: Path) -> dict[str, str]:
    """Return every file below a folder with its text."""
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    return {path.relative_to(folder).as_posix(): path.read_text() for path in files}


def left_over(folder: Path) -> list[str]:
    """Return what stands beside a folder and should not."""
    return sorted(path.name for path in folder.parent.iterdir() if path != folder)


def say(**seen: Any) -> None:
    """Print one observation."""
    print(json.dumps(seen), flush=True)


# --- dying ------------------------------------------------------------------------------------


def die_at_every_moment(folder: Path, step: int) -> None:
    """Replace a tree again and again, killed one line of Python later each time."""
    for moment in count(1, step):
        write(folder, variants("old", "aws", "azure", "vmware"))
        killed = _in_a_child(lambda m=moment: _write_and_die(folder, m))  # type: ignore[misc]
        after = tree(folder)
        write(folder, variants("next", "vmware"))
        say(moment=moment, killed=killed, tree=after, next=tree(folder), left=left_over(folder))
        if not killed:
            return


def _in_a_child(work: Callable[[], None]) -> bool:
    """Return whether a copy of this process that does the work was killed."""
    child = os.fork()
    if child == 0:
        work()
        os._exit(0)
    _, status = os.waitpid(child, 0)
    return os.WIFSIGNALED(status)


def _write_and_die(folder: Path, moment: int) -> None:
    passed = 0

    def trace(frame: FrameType, event: str, _: Any) -> Any:
        nonlocal passed
        if frame.f_code.co_filename not in WATCHED:
            return None
        if event == "line":
            passed += 1
            if passed == moment:
                os.kill(os.getpid(), signal.SIGKILL)
        return trace

    sys.settrace(trace)
    write(folder, variants("new", "aws", "azure"))


def refuse(numbers: Sequence[int]) -> None:
    """Let the kernel answer some system calls as a file system does that cannot do them."""
    load_number, equal, answer = 0x20, 0x15, 0x06  # BPF_LD|W|ABS, BPF_JMP|JEQ|K, BPF_RET|K
    refused, allowed = 0x0005_0000 | errno.EINVAL, 0x7FFF_0000  # SECCOMP_RET_ERRNO, _ALLOW

    class Instruction(ctypes.Structure):
        _fields_ = (
            ("code", ctypes.c_ushort),
            ("if_true", ctypes.c_ubyte),
            ("if_false", ctypes.c_ubyte),
            ("operand", ctypes.c_uint),
        )

    class Program(ctypes.Structure):
        _fields_ = (("length", ctypes.c_ushort), ("code", ctypes.POINTER(Instruction)))

    instructions = [
        Instruction(load_number, 0, 0, 0),
        *(Instruction(equal, len(numbers) - place, 0, n) for place, n in enumerate(numbers)),
        Instruction(answer, 0, 0, allowed),
        Instruction(answer, 0, 0, refused),
    ]
    code = (Instruction * len(instructions))(*instructions)
    program = Program(len(code), ctypes.cast(code, ctypes.POINTER(Instruction)))
    libc = ctypes.CDLL(None, use_errno=True)
    no_new_privileges, seccomp, filtered = 38, 22, 2  # linux/prctl.h, linux/seccomp.h
    if libc.prctl(no_new_privileges, 1, 0, 0, 0) or libc.prctl(
        seccomp, filtered, ctypes.byref(program), 0, 0
    ):
        raise OSError(ctypes.get_errno(), "prctl")


# --- writing beside others, and onto small disks ----------------------------------------------


def write_many(folder: Path, tag: str, times: int) -> None:
    """Write one tree many times."""
    for _ in range(times):
        write(folder, variants(tag, "aws", "azure"))


def fill(disk: Path, kilobytes: int) -> None:
    """Replace a tree on a disk of that size, with a little less room each time."""
    folder, ballast = disk / "pack" / "1.0", disk / "ballast"
    write(folder, variants("old", "aws", "azure", size=20_000))
    for taken in range(kilobytes, -1, -4):
        _take_room(ballast, taken * 1024)
        code = _try_to_write(folder, variants("new", "aws", "azure", size=20_000))
        say(code=code, tree=tree(folder), left=left_over(folder))
        if code is None:
            return


def _take_room(ballast: Path, size: int) -> None:
    with suppress(OSError), ballast.open("wb", buffering=0) as stream:
        for _ in range(size // 1024):
            stream.write(bytes(1024))


def _try_to_write(folder: Path, content: dict[str, list[OutputFile]]) -> str | None:
    """Return the code of the error; None where it could be written."""
    try:
        write(folder, content)
    except PackcError as error:
        return error.diagnostics[0].code
    return None


def main() -> None:
    """Do what the command line asks for."""
    parser = argparse.ArgumentParser()
    parser.add_argument("work", choices=("die", "many", "fill"))
    parser.add_argument("folder", type=Path)
    parser.add_argument("--tag", default="new")
    parser.add_argument("--number", type=int, default=1)
    parser.add_argument("--without", choices=("exchange", "links"))
    options = parser.parse_args()
    if options.without:
        refuse(SYSTEM_CALLS[platform.machine()][options.without])
    match options.work:
        case "die":
            die_at_every_moment(options.folder, options.number)
        case "many":
            write_many(options.folder, options.tag, options.number)
        case _:
            fill(options.folder, options.number)


if __name__ == "__main__":
    main()

"""Faulty plugins: each fault is reported with plugin, version and hook, and the others live on."""

from __future__ import annotations

import builtins
import json
import locale
import os
import re
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from importlib.metadata import EntryPoint
from pathlib import Path
from textwrap import dedent, indent
from typing import Any

import pytest

from packc import plugins
from packc.diagnostics import Diagnostic, PackcError
from packc.model import Cloud, Distribution
from packc.plugins import Found, Host, discover
from packc.surroundings import kept

ROOT = Path(__file__).parent.parent
WHOLE = """\
import locale, os, signal, sys, threading, time
from packc.api import Cloud, Note, hookimpl


@hookimpl
def packc_clouds():
{body}
    return [Cloud("moon", "The Moon")]
"""
GOOD = WHOLE.format(body="    pass").replace("moon", "sun")

Ask = Callable[..., Diagnostic]


def found(name: str, module: str) -> Found:
    distribution = Distribution(f"strange-{name}", "6.6")
    return Found(name, module, distribution, EntryPoint(name, module, plugins.GROUP))


@pytest.fixture
def host(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[str], Host]]:
    """Return a function that takes the source of the plugin `moon` and gives its host."""
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.setattr(sys, "dont_write_bytecode", True)

    def make(source: str) -> Host:
        (tmp_path / "strange_moon.py").write_text(source)
        (tmp_path / "strange_sun.py").write_text(GOOD)
        names = {name: (found(name, f"strange_{name}"),) for name in ("moon", "sun")}
        return Host(names, seconds=0.3)

    yield make
    for name in ("strange_moon", "strange_sun"):
        sys.modules.pop(name, None)


@pytest.fixture
def fault(host: Callable[[str], Host]) -> Ask:
    """Return a function that gives the fault of a plugin, once the other one has answered."""

    def ask(body: str = "pass", *, source: str | None = None) -> Diagnostic:
        text = source or WHOLE.format(body=indent(dedent(body), "    "))
        strange = host(text)
        with pytest.raises(PackcError) as caught:
            strange.ask(strange.load("moon"), "packc_clouds", Cloud)
        assert [c.name for c in strange.ask(strange.load("sun"), "packc_clouds", Cloud)] == ["sun"]
        [diagnostic] = caught.value.diagnostics
        return diagnostic

    return ask


def test_every_fault_below_is_none_without_its_body(host: Callable[[str], Host]) -> None:
    sound = host(WHOLE.format(body="    pass"))

    assert [c.name for c in sound.ask(sound.load("moon"), "packc_clouds", Cloud)] == ["moon"]


# --- what a hook raises, returns and takes ----------------------------------------------------

ENDLESS = "def again(): return again()\nagain()"
HALF_WAY = """\
def clouds():
    yield Cloud("moon", "The Moon")
    raise RuntimeError("half way")
return clouds()"""
WRONG: dict[str, tuple[str, str, str]] = {
    "exception": ("raise ValueError('no\\nmoon')", "PK205", "raised ValueError: no moon"),
    "exit": ("sys.exit(3)", "PK205", "raised SystemExit: 3"),
    "assertion": ("assert False", "PK205", "raised AssertionError"),
    "recursion": (ENDLESS, "PK205", "raised RecursionError"),
    "memory": ("raise MemoryError", "PK205", "raised MemoryError"),
    "exception group": ("raise ExceptionGroup('two', [OSError()])", "PK205", "ExceptionGroup: two"),
    "generator": (HALF_WAY, "PK205", "raised RuntimeError: half way"),
    "none in the list": ("return [None]", "PK206", "answer[0] is None, expected Cloud"),
    "a map": ("return {'moon': 1}", "PK206", "returned a dict, expected a list"),
    "interrupt": ("raise KeyboardInterrupt", "PK205", "raised KeyboardInterrupt"),
    "no text": (
        "class Mute(Exception):\n  def __str__(self): raise ValueError\nraise Mute",
        "PK205",
        "raised Mute: its text cannot be had: ValueError",
    ),
    "endless text": (
        "class Endless(Exception):\n  def __str__(self): time.sleep(60)\nraise Endless",
        "PK205",
        "raised Endless: its text cannot be had: TooSlowError",
    ),
    "half a character": (
        "return [Cloud('moon', 'The \\ud800')]",
        "PK206",
        "answer[0].title holds half of a character (a lone surrogate), expected text",
    ),
    "half a character as a key": (
        "from packc.api import Fact\nfact = Fact('a', ('b',), 'b', {'\\udfff': 'c'})\n"
        "return [Cloud('moon', 'The Moon', facts=(fact,))]",
        "PK206",
        "answer[0].facts[0].refuses holds half of a character",
    ),
    "end": ("os._exit(0)", "PK205", "tried to end the process with os._exit"),
    "abort": ("os.abort()", "PK205", "tried to end the process with os.abort"),
    "another program": (
        "os.execv(sys.executable, ['x', '-c', ''])",
        "PK205",
        "tried to end the process with os.execv",
    ),
    "its own killer": (
        "os.kill(os.getpid(), signal.SIGKILL)",
        "PK205",
        "tried to end the process with os.kill",
    ),
    "its own interrupter": (
        "signal.raise_signal(signal.SIGINT)",
        "PK205",
        "tried to end the process with signal.raise_signal",
    ),
    "an end that it swallows": (
        "try: os._exit(0)\nexcept BaseException: pass",
        "PK205",
        "tried to end the process with os._exit",
    ),
    "a number": ("return 7", "PK206", "returned an int, expected a list"),
    "text": ("return 'moon'", "PK206", "returned a str, expected a list"),
    "no end": ("import itertools\nreturn itertools.repeat(1)", "PK206", "more than 100000 items"),
    "a huge text": (
        "return [Cloud('moon', 'x' * 100_000_000)]",
        "PK206",
        "more than 67,108,864 characters and values",
    ),
    "a list that never ends": (
        "class Endless(list):\n  def __iter__(self): return iter(int, 1)\nreturn [Endless()]",
        "PK206",
        "more than 67,108,864 characters and values",
    ),
    "loop": ("while True: pass", "PK207", "took longer than 0.3 s"),
    "sleep": ("time.sleep(60)", "PK207", "took longer than 0.3 s"),
    "loop that swallows": (
        "for _ in range(3):\n  try:\n    time.sleep(60)\n  except BaseException: pass\n"
        "while True: pass",
        "PK207",
        "took longer than 0.3 s",
    ),
}


@pytest.mark.parametrize("name", WRONG)
def test_what_a_hook_does_wrong_is_named(fault: Ask, name: str) -> None:
    body, code, words = WRONG[name]

    diagnostic = fault(body)

    assert diagnostic.code == code
    assert "packc_clouds of plugin 'moon' (strange-moon 6.6)" in diagnostic.message
    assert words in diagnostic.message
    assert diagnostic.hint
    assert diagnostic.span is not None
    assert diagnostic.span.file == "strange_moon.py"


# --- what a hook leaves behind ----------------------------------------------------------------

CHANGES = {
    "the built-in names": "import builtins; builtins.len = lambda _: 0",
    "the working directory": "os.chdir('/')",
    "the environment": "os.environ['MOON'] = 'full'",
    "the umask": "os.umask(0o777)",
    "signal handlers": "signal.signal(signal.SIGTERM, lambda *_: None)",
    "the trace function": "sys.settrace(lambda *_: None)",
    "the profile function": "sys.setprofile(lambda *_: None)",
    "the recursion limit": "sys.setrecursionlimit(5000)",
}


def surroundings() -> list[Any]:
    mask = os.umask(0o022)
    os.umask(mask)
    return [
        Path.cwd(),
        dict(os.environ),
        mask,
        locale.setlocale(locale.LC_ALL),
        signal.getsignal(signal.SIGTERM),
        signal.getsignal(signal.SIGALRM),
        sys.gettrace(),
        sys.getprofile(),
        sys.getrecursionlimit(),
        dict(vars(builtins)),
        os._exit,
        os.kill,
        signal.getsignal(signal.SIGINT),
        sys.stdout,
        sys.stderr,
    ]


@pytest.mark.parametrize("name", CHANGES)
def test_what_a_hook_changes_is_reported_and_put_back(fault: Ask, name: str) -> None:
    before = surroundings()

    diagnostic = fault(CHANGES[name])

    assert surroundings() == before
    assert diagnostic.code == "PK238"
    assert diagnostic.message.endswith(f"(strange-moon 6.6) changed {name}")


@pytest.mark.parametrize("name", CHANGES)
def test_what_a_plugin_changes_when_it_is_imported_is_put_back(fault: Ask, name: str) -> None:
    before = surroundings()

    diagnostic = fault(source=f"import os, signal, sys\n{CHANGES[name]}\n")

    assert surroundings() == before
    assert diagnostic.code == "PK238"
    assert diagnostic.message.endswith(f"(strange-moon 6.6) changed {name}")


def test_a_hook_that_changes_and_raises_leaves_nothing_behind(fault: Ask) -> None:
    before = surroundings()

    diagnostic = fault("os.chdir('/')\nos.umask(0)\nraise ValueError")

    assert surroundings() == before
    assert diagnostic.code == "PK205"


def test_a_locale_that_a_hook_sets_is_put_back(fault: Ask) -> None:
    before = locale.setlocale(locale.LC_ALL)
    try:
        locale.setlocale(locale.LC_ALL, "C.UTF-8")
        diagnostic = fault("locale.setlocale(locale.LC_ALL, 'C')")

        assert locale.setlocale(locale.LC_CTYPE) == "C.UTF-8"
    finally:
        locale.setlocale(locale.LC_ALL, before)
    assert diagnostic.message.endswith("changed the locale")


def test_a_thread_that_ends_meanwhile_is_nobodys_doing() -> None:
    thread = threading.Thread(target=time.sleep, args=(0.05,))
    thread.start()

    with kept() as changed:
        thread.join()

    assert changed == []


def test_a_thread_that_a_hook_leaves_is_reported(fault: Ask) -> None:
    diagnostic = fault("threading.Thread(target=time.sleep, args=(0.5,), daemon=True).start()")

    assert diagnostic.code == "PK238"
    assert "changed the threads that run" in diagnostic.message
    assert "packc ends without waiting for it" in (diagnostic.hint or "")
    for thread in set(threading.enumerate()) - {threading.current_thread()}:
        thread.join(2)


def test_an_import_that_replaces_a_part_of_packc_is_undone(fault: Ask) -> None:
    before = plugins.discover

    diagnostic = fault(source="import packc.plugins\npackc.plugins.discover = None\n")

    assert plugins.discover is before
    assert "changed packc's own modules" in diagnostic.message


@pytest.mark.parametrize("stream", ["stdout", "stderr"])
def test_a_hook_that_closes_a_stream_closes_nothing(
    host: Callable[[str], Host], stream: str, capsys: pytest.CaptureFixture[str]
) -> None:
    strange = host(WHOLE.format(body=f"    print('said')\n    sys.{stream}.close()"))

    answer = strange.ask(strange.load("moon"), "packc_clouds", Cloud)

    print("to standard output")
    out, err = capsys.readouterr()
    assert len(answer) == 1
    assert (out, err) == ("to standard output\n", "said\n")


def test_the_alarm_of_the_caller_runs_on(host: Callable[[str], Host]) -> None:
    """A format has a limit of its own, and asks hooks inside it."""
    sound = host(WHOLE.format(body="    pass"))
    before = signal.setitimer(signal.ITIMER_REAL, 50)
    try:
        sound.ask(sound.load("moon"), "packc_clouds", Cloud)

        left, _ = signal.setitimer(signal.ITIMER_REAL, *before)
    finally:
        signal.setitimer(signal.ITIMER_REAL, *before)
    assert 40 < left <= 50


# --- what a plugin says of itself -------------------------------------------------------------


@pytest.mark.parametrize(
    ("source", "code", "words", "hint"),
    [
        ("def packc_cloudz(): pass", "PK209", "unknown hook 'packc_cloudz'", "'packc_clouds'"),
        ("def packc_clouds(): pass", "PK209", "not marked as a hook", "@hookimpl"),
        (
            "from packc.api import hookimpl\n@hookimpl\ndef packc_notes(moon): pass",
            "PK209",
            "moon",
            "author",
        ),
        ("PACKC_API = 99", "PK237", "needs level 99 of the API, and this packc has 1", "newer"),
        ("PACKC_API = '1'", "PK237", "states a str as PACKC_API", "author"),
        ("PACKC_API = True", "PK237", "states a bool as PACKC_API", "author"),
        ("PACKC_API = 99\ndef packc_tomorrow(): pass", "PK237", "level 99", "newer"),
        ("import nowhere_at_all", "PK203", "cannot be imported: ModuleNotFoundError", "python -c"),
        ("raise SystemExit", "PK203", "cannot be imported: SystemExit", "python -c"),
        ("raise KeyboardInterrupt", "PK203", "imported: KeyboardInterrupt", "python -c"),
        ("import os; os._exit(0)", "PK203", "tried to end the process with os._exit", "python -c"),
        ("while True: pass", "PK203", "takes longer than 0.3 s", "python -c"),
        ("def broken(:", "PK203", "cannot be imported: SyntaxError", "python -c"),
    ],
)
def test_what_does_not_fit_is_named(
    fault: Ask, source: str, code: str, words: str, hint: str
) -> None:
    diagnostic = fault(source=source)

    assert diagnostic.code == code
    assert "plugin 'moon' (strange-moon 6.6)" in diagnostic.message
    assert words in diagnostic.message
    assert hint in (diagnostic.hint or "")


def test_the_level_that_this_packc_has_is_fine(host: Callable[[str], Host]) -> None:
    sound = host("PACKC_API = 1\n" + WHOLE.format(body="    pass"))

    assert sound.load("moon").level == 1


REFUSED = ["moon", "Moon", "strange-moon", "Strange_Moon", "strange.moon", "strange_moon"]


@pytest.mark.parametrize("refused", REFUSED)
def test_a_refused_plugin_is_not_imported(host: Callable[[str], Host], refused: str) -> None:
    strange = Host(host("raise SystemExit").installed, refused=frozenset([refused]))

    with pytest.raises(PackcError) as caught:
        strange.load("moon")

    assert caught.value.diagnostics[0].code == "PK236"
    assert "strange_moon" not in sys.modules
    assert strange.load("sun").name == "sun"


def test_a_refused_name_that_nothing_has_is_an_error(host: Callable[[str], Host]) -> None:
    strange = Host(host(GOOD).installed, refused=frozenset(["Strange_Mon", "helm"]))

    with pytest.raises(PackcError) as caught:
        strange.check_refused()

    [diagnostic] = caught.value.diagnostics
    assert diagnostic.code == "PK202"
    assert "'Strange_Mon', so it cannot be refused" in diagnostic.message
    assert diagnostic.hint == "did you mean 'strange-moon'?"


# --- whole processes --------------------------------------------------------------------------


@pytest.fixture
def installed(tmp_path: Path) -> Callable[..., Path]:
    """Return a function that installs a plugin's source, and gives the folder."""

    def install(name: str, source: str, group: str = plugins.GROUP) -> Path:
        folder = tmp_path / "installed"
        information = folder / f"strange_{name}-6.6.dist-info"
        information.mkdir(parents=True)
        (folder / f"strange_{name}.py").write_text(source)
        (information / "METADATA").write_text(
            f"Metadata-Version: 2.1\nName: strange-{name}\nVersion: 6.6\n"
        )
        (information / "entry_points.txt").write_text(f"[{group}]\n{name} = strange_{name}\n")
        return folder

    return install


def packc(folder: Path, *arguments: str | Path) -> subprocess.CompletedProcess[str]:
    path = os.pathsep.join([str(folder), str(ROOT), str(ROOT / "plugins"), *filter(None, sys.path)])
    return subprocess.run(
        [sys.executable, "-m", "packc", *map(str, arguments)],
        env={**os.environ, "PYTHONPATH": path, "PYTHONDONTWRITEBYTECODE": "1"},
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


MARKER = "from pathlib import Path\nPath('imported').write_text('')\n"


@pytest.mark.parametrize("group", [plugins.GROUP, plugins.FORMATS])
@pytest.mark.parametrize("command", ["build", "check", "show", "lock"])
def test_nothing_loads_that_is_not_named(
    installed: Callable[..., Path], small: Path, command: str, group: str
) -> None:
    folder = installed("moon", MARKER, group)

    done = packc(folder, command, small)

    assert done.returncode == 0, done.stderr
    assert not (folder / "imported").exists()


def test_what_is_named_loads(installed: Callable[..., Path], small: Path) -> None:
    """The test above can fail."""
    folder = installed("moon", MARKER)

    done = packc(folder, "build", small, "--cloud", "moon")

    assert done.returncode == 1
    assert (folder / "imported").exists()


def test_a_broken_plugin_breaks_no_build_that_does_not_use_it(
    installed: Callable[..., Path], small: Path
) -> None:
    folder = installed("moon", "raise RuntimeError")

    done = packc(folder, "build", small)

    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.parametrize(
    ("deed", "words"),
    [
        ("sys.__stdout__.close()", "the file of sys.stdout"),
        ("os.close(2)", "the file of sys.stderr"),
        ("os.dup2(os.open(os.devnull, os.O_WRONLY), 2)", "the file of sys.stderr"),
    ],
)
def test_a_hook_that_closes_the_files_below_is_still_reported(
    installed: Callable[..., Path], small: Path, deed: str, words: str
) -> None:
    folder = installed("moon", WHOLE.format(body=f"    {deed}"))

    done = packc(folder, "build", small, "--cloud", "moon")

    assert done.returncode == 1
    assert "error[PK238]" in done.stderr
    assert f"changed {words}" in done.stderr
    assert "Traceback" not in done.stderr


def impatient(folder: Path, small: Path) -> subprocess.CompletedProcess[str]:
    """Build with a process that gives up soon, where it cannot interrupt a hook."""
    (folder / "impatient.py").write_text(
        "from packc import supervision\nsupervision.GRACE_SECONDS = 0.5\n"
        "from packc.cli import main\nraise SystemExit(main())\n"
    )
    path = os.pathsep.join([str(folder), str(ROOT), str(ROOT / "plugins"), *filter(None, sys.path)])
    command = ["impatient.py", "build", str(small), "--cloud", "moon", "--hook-timeout", "0.2"]
    return subprocess.run(
        [sys.executable, *command],
        env={**os.environ, "PYTHONPATH": path},
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def test_a_loop_that_swallows_every_interruption_ends_the_process_with_a_message(
    installed: Callable[..., Path], small: Path
) -> None:
    body = "    while True:\n        try: time.sleep(9)\n        except BaseException: pass"
    folder = installed("moon", WHOLE.format(body=body))

    done = impatient(folder, small)

    assert done.returncode == 1
    assert done.stderr == (
        "error[PK207]: packc_clouds of plugin 'moon' (strange-moon 6.6) takes longer than 0.2 s,"
        " and cannot be interrupted\n"
        "  hint: look for a loop that catches BaseException; tell the plugin's author\n"
    )


def test_a_loop_of_native_code_ends_the_process_and_says_where_it_was(
    installed: Callable[..., Path], small: Path
) -> None:
    folder = installed("moon", WHOLE.format(body="    any(iter(int, 1))"))

    done = impatient(folder, small)

    assert done.returncode == 1
    assert done.stderr.startswith("Timeout (0:00:00.7")
    assert re.search(r'strange_moon\.py", line 7 in packc_clouds', done.stderr)


def test_a_loop_of_native_code_is_timed_by_the_clock_on_the_wall(
    installed: Callable[..., Path], small: Path
) -> None:
    """Not by the time that the process has had: here it has next to none."""
    lock = "ctypes.pythonapi.pthread_mutex_lock"
    body = f"    import ctypes\n    lock = bytes(64)\n    {lock}(lock)\n    {lock}(lock)"
    folder = installed("moon", WHOLE.format(body=body))
    begun = time.monotonic()

    done = impatient(folder, small)

    assert done.returncode == 1
    assert time.monotonic() - begun < 30
    assert "Timeout" in done.stderr


def test_a_thread_that_sleeps_on_does_not_hold_up_the_end(
    installed: Callable[..., Path], small: Path
) -> None:
    body = "    threading.Thread(target=time.sleep, args=(600,)).start()"
    folder = installed("moon", WHOLE.format(body=body))

    done = packc(folder, "render", small, "--cloud", "moon")

    assert done.returncode == 1
    assert "error[PK238]" in done.stderr


def test_what_a_hook_writes_to_the_descriptor_is_not_in_the_results(
    installed: Callable[..., Path], small: Path
) -> None:
    body = "    os.write(1, b'stray: 1\\n')\n    os.system('echo stray: 2')"
    folder = installed("moon", WHOLE.format(body=body))

    done = packc(folder, "render", small, "--cloud", "moon")

    assert done.returncode == 0
    assert done.stdout.startswith("apiVersion:")
    assert "stray" not in done.stdout
    assert {"stray: 1", "stray: 2"} <= set(done.stderr.splitlines())


REPLACING = """

@hookimpl
def packc_{hook}():
    import packc.pipeline
    {deed}
    return []
"""


@pytest.mark.parametrize("hook", ["patches", "notes", "check", "objects", "parameters"])
@pytest.mark.parametrize(
    "deed",
    [
        "packc.pipeline.emit = lambda objects: ''",
        "packc.pipeline.install_order = lambda objects: objects[:0]",
        "packc.pipeline.patch = None",
    ],
)
def test_a_hook_that_replaces_a_part_of_packc_is_named(
    installed: Callable[..., Path], small: Path, hook: str, deed: str
) -> None:
    body = REPLACING.format(hook=hook, deed=deed)
    if hook == "parameters":
        body = body.replace("packc_parameters", "packc_features")
    folder = installed("moon", GOOD.replace("sun", "moon") + body)
    arguments = ["--cloud", "moon"]
    if hook == "parameters":
        yaml = (small / "pack.yaml").read_text()
        (small / "pack.yaml").write_text(yaml + "features: [{name: moon, default: true}]\n")

    done = packc(folder, "render", small, *arguments)

    assert (done.returncode, done.stdout) == (1, "")
    name = deed.partition(" ")[0]
    assert "error[PK238]: a hook of plugin 'moon' (strange-moon 6.6) changed" in done.stderr
    assert f"packc's own modules: {name}" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_child_that_a_hook_forks_may_end_itself(host: Callable[[str], Host]) -> None:
    body = "    child = os.fork()\n    if not child: os._exit(0)\n    os.waitpid(child, 0)"
    sound = host(WHOLE.format(body=body))

    answer = sound.ask(sound.load("moon"), "packc_clouds", Cloud)

    assert [cloud.name for cloud in answer] == ["moon"]


@pytest.mark.parametrize("body", ["time.sleep(60)", "try: time.sleep(60)\n    except: pass"])
def test_ctrl_c_during_a_hook_is_that_of_the_user(
    installed: Callable[..., Path], small: Path, body: str
) -> None:
    folder = installed("moon", WHOLE.format(body=f"    open('begun', 'w').close()\n    {body}"))
    path = os.pathsep.join([str(folder), str(ROOT), str(ROOT / "plugins"), *filter(None, sys.path)])
    process = subprocess.Popen(
        [sys.executable, "-m", "packc", "render", str(small), "--cloud", "moon"],
        env={**os.environ, "PYTHONPATH": path},
        cwd=folder,
        stderr=subprocess.PIPE,
        text=True,
    )
    while not (folder / "begun").exists():
        assert process.poll() is None
        time.sleep(0.01)
    time.sleep(0.1)

    process.send_signal(signal.SIGINT)

    _, err = process.communicate(timeout=30)
    assert process.returncode == 130
    assert err == "packc: interrupted; whole outputs only were written\n"


@pytest.mark.parametrize("refused", ["aws", "Packc_AWS", "packc_aws"])
def test_a_refusal_holds_however_it_is_spelt(
    installed: Callable[..., Path], small: Path, refused: str
) -> None:
    done = packc(installed("moon", GOOD), "build", small, "--refuse-plugin", refused)

    assert done.returncode == 1
    assert "error[PK236]" in done.stderr


@pytest.mark.parametrize("command", ["build", "show", "check", "plugins", "lock", "render"])
def test_a_refusal_that_is_misspelt_stops_each_command(
    installed: Callable[..., Path], small: Path, command: str
) -> None:
    done = packc(installed("moon", MARKER), command, small, "--refuse-plugin", "packc_asw")

    assert done.returncode == 1
    assert "error[PK202]: nothing that is installed is called 'packc_asw'" in done.stderr
    assert "hint: did you mean 'packc-aws'?" in done.stderr


# --- packc plugins ----------------------------------------------------------------------------


def listed(folder: Path, *arguments: str | Path) -> dict[str, Any]:
    done = packc(folder, "plugins", "--json", *arguments)
    assert (done.returncode, done.stderr) == (0, "")
    return {entry["name"]: entry for entry in json.loads(done.stdout)}


SHOUT = "import atexit, os, sys\natexit.register(lambda: os.write(1, b'bye'))\nprint('hello')\n"


def test_the_list_of_plugins_is_sound_whatever_one_of_them_prints(
    installed: Callable[..., Path],
) -> None:
    entries = listed(installed("moon", SHOUT + GOOD.replace("sun", "moon")))

    assert entries["moon"]["clouds"] == ["moon"]
    assert entries["aws"]["clouds"] == ["aws"]


@pytest.mark.parametrize(
    ("deed", "problem"),
    [
        ("os._exit(0)", "tried to end the process with os._exit"),
        (
            "ctypes.string_at(0)",
            "cannot be asked: its process is ended by SIGSEGV and says nothing",
        ),
        ("ctypes.pythonapi.exit(0)", "its process ends with exit code 0 and says nothing"),
        ("while True: pass", "cannot be imported: that takes longer than 0.5 s"),
    ],
)
def test_a_plugin_that_ends_its_process_is_listed_as_broken(
    installed: Callable[..., Path], deed: str, problem: str
) -> None:
    folder = installed("moon", f"import ctypes, os\n{deed}\n")

    entries = listed(folder, "--hook-timeout", "0.5")

    assert entries["moon"]["problem"].startswith("PK203: plugin 'moon' (strange-moon 6.6) ")
    assert entries["moon"]["problem"].endswith(problem)
    assert entries["aws"]["clouds"] == ["aws"]


def test_nothing_of_a_plugin_runs_in_the_process_that_lists_it(
    installed: Callable[..., Path], small: Path
) -> None:
    source = "import os\nfrom pathlib import Path\nPath('process').write_text(str(os.getppid()))\n"
    folder = installed("moon", source + GOOD.replace("sun", "moon"))
    command = [sys.executable, "-m", "packc", "plugins", str(small)]
    path = os.pathsep.join([str(folder), str(ROOT), str(ROOT / "plugins"), *filter(None, sys.path)])
    yaml = (small / "pack.yaml").read_text()
    (small / "pack.yaml").write_text(yaml.replace("[aws, azure]", "[aws, moon]"))

    with subprocess.Popen(
        command,
        env={**os.environ, "PYTHONPATH": path},
        cwd=folder,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        out, _ = process.communicate(timeout=60)

    assert "in this pack: active: a cloud of the pack" in out
    assert (folder / "process").read_text() == str(process.pid)


def test_a_forged_answer_is_none(installed: Callable[..., Path]) -> None:
    """A plugin that finds the pipe speaks for itself only, and in the form that is asked for."""
    forge = "import os\nfor n in range(3, 20):\n  try: os.write(n, b'[1]')\n  except OSError: 0\n"
    folder = installed("moon", forge + GOOD.replace("sun", "moon"))

    entries = listed(folder)

    assert "says nothing" in entries["moon"]["problem"]


def test_a_long_name_does_not_run_into_the_next_column(installed: Callable[..., Path]) -> None:
    name = "a-cloud-with-a-very-long-name"
    folder = installed(name.replace("-", "_"), GOOD)

    done = packc(folder, "plugins")

    assert re.search(r"^a_cloud_with_a_very_long_name  strange-", done.stdout, re.M)


def test_a_folder_of_certificates_that_is_not_there_is_an_error(
    installed: Callable[..., Path],
) -> None:
    done = packc(installed("moon", GOOD), "plugins", "--certificates", "nodir")

    assert (done.returncode, done.stdout) == (1, "")
    assert "error[PK101]: there is no folder 'nodir'" in done.stderr


# --- formats ----------------------------------------------------------------------------------

FORMAT = """\
import os, sys
from packc.api import Format, Output, hookimpl


def emit(build):
    {body}
    return Output(())


@hookimpl
def packc_formats():
    return [Format("moon", "For the Moon.", emit)]
"""


@pytest.mark.parametrize(
    ("body", "code", "words"),
    [
        ("sys.exit(0)", "PK907", "raised SystemExit: 0"),
        ("1 / 0", "PK907", "raised ZeroDivisionError"),
        ("os.umask(0)", "PK238", "changed the umask"),
        ("while True: pass", "PK207", "took longer than 3 s"),
    ],
)
def test_a_format_is_held_to_the_same(
    installed: Callable[..., Path], small: Path, body: str, code: str, words: str
) -> None:
    folder = installed("moon", FORMAT.format(body=body), plugins.FORMATS)

    done = packc(folder, "build", small, "--format", "moon", "--hook-timeout", "0.1")

    assert done.returncode == 1
    assert f"error[{code}]: the format moon of plugin 'moon' (strange-moon 6.6)" in done.stderr
    assert words in done.stderr


def test_a_refused_format_is_not_loaded(installed: Callable[..., Path], small: Path) -> None:
    folder = installed("moon", MARKER, plugins.FORMATS)

    done = packc(folder, "build", small, "--format", "moon", "--refuse-plugin", "strange-moon")

    assert done.returncode == 1
    assert "error[PK236]" in done.stderr
    assert not (folder / "imported").exists()


def test_two_plugins_of_one_name_break_only_what_names_them(
    host: Callable[[str], Host],
) -> None:
    both = dict(host(GOOD).installed)
    both["moon"] = (*both["moon"], found("moon", "other_moon"))

    strange = Host(both)

    assert strange.load("sun").name == "sun"
    with pytest.raises(PackcError, match="PK201: two plugins are named 'moon'"):
        strange.load("moon")


def test_the_plugins_of_packc_state_no_level_that_is_not_there() -> None:
    host = Host()

    levels = {name: host.load(name).level for name in discover() if name in ("aws", "etcd-tls")}

    assert levels == {"aws": 1, "etcd-tls": 1}

"""The doctor finds planted leaks, and says which plugin, hook, line and field each is in.

All leaks of `LEAKS` are examined at once, each a plugin of its own, so that each has to be told
from the others. Plugins are real modules with the metadata of a distribution.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

from packc.doctor import CHANGES

ROOT = Path(__file__).parent.parent
IS_LONG = bool(os.environ.get("PACKC_LONG"))
PLUGIN = """\
import {imports}
from packc.api import Cloud, Feature, Finding, Note, Parameter, Patch, Severity, add, hookimpl
{top}

@hookimpl
def packc_clouds():
    return [Cloud("{name}", "A cloud")]


@hookimpl
def packc_features():
    return [Feature("{name}", "A feature")]


@hookimpl
def packc_{hook}({argument}):
    leak = {leak}
    return [{item}]
"""
LEAK_LINE = 18
ITEMS = {
    "patches": 'Patch("ConfigMap/demo", (add("/data/{name}", str(leak)),))',
    "notes": "Note(str(leak))",
    "check": 'Finding("DEMO101", str(leak), Severity.NOTE)',
    "parameters": (
        'Parameter(name="demo.leak", type="string", description="A leak.", default=str(leak))'
    ),
}


def plugin_text(name: str, imports: str, leak: str, *, top: str = "", hook: str = "patches") -> str:
    """Return a plugin whose hook says `leak`; that stands in line `LEAK_LINE`."""
    lines = [*top.splitlines(), *[""] * (2 - len(top.splitlines()))]
    text = PLUGIN.format(
        name=name,
        imports=imports or "os",
        top="\n".join(lines[:2]),
        hook=hook,
        argument="" if hook == "parameters" else "variant",
        leak=leak,
        item=ITEMS[hook].format(name=name),
    )
    assert f"leak = {leak}" in text.splitlines()[LEAK_LINE - 1]
    return text


def install(folder: Path, name: str, text: str) -> None:
    """Put a plugin into a folder as an installed distribution."""
    module = f"demo_{name.replace('-', '_')}"
    metadata = folder / f"{module}-1.0.dist-info"
    metadata.mkdir(parents=True)
    (folder / f"{module}.py").write_text(text)
    (metadata / "METADATA").write_text(f"Metadata-Version: 2.1\nName: demo-{name}\nVersion: 1.0\n")
    (metadata / "entry_points.txt").write_text(f"[packc]\n{name} = {module}\n")


def make_pack(folder: Path, cloud: str, features: tuple[str, ...] = ()) -> Path:
    (folder / "base").mkdir(parents=True)
    lines = ["packc: 1", "name: demo", "version: '1.0'", "title: Demo", "description: A pack."]
    lines += [f"clouds: [{cloud}]", "objects: [{files: base/config.yaml}]"]
    if features:
        lines += ["features:", *(f"- {{name: {name}, default: true}}" for name in features)]
    (folder / "pack.yaml").write_text("\n".join(lines) + "\n")
    (folder / "base" / "config.yaml").write_text(
        "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: demo}\ndata: {size: '1'}\n"
    )
    return folder


Doctor = Callable[..., subprocess.CompletedProcess[str]]


def run_doctor(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run `packc doctor` on folder/pack with the plugins in folder/plugins."""
    path = os.pathsep.join([str(folder / "plugins"), str(ROOT)])
    return subprocess.run(
        [sys.executable, "-m", "packc", "doctor", "pack", *arguments],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": path},
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )


@pytest.fixture
def doctor(tmp_path: Path) -> Callable[..., subprocess.CompletedProcess[str]]:
    """Examine the pack of one plugin, which is both cloud and the only one."""

    def examine(text: str, *arguments: str) -> subprocess.CompletedProcess[str]:
        install(tmp_path / "plugins", "moon", text)
        make_pack(tmp_path / "pack", "moon")
        return run_doctor(tmp_path, *arguments)

    return examine


# --- planted leaks ----------------------------------------------------------------------------

BUILDS = "differs from one build to the next"

LEAKS: Mapping[str, tuple[str, str, str | None, str | None]] = {
    # name: (imports, leak, what its field is said to do, code of what the hook is seen to do)
    "address": ("os", "id(object())", BUILDS, None),
    "clock": ("time", "time.time()", BUILDS, "PK806"),
    "cpus": ("os", "os.cpu_count()", "depends on the number of CPUs", "PK808"),
    "date": (
        "datetime",
        "datetime.datetime.now(datetime.UTC).year",
        "depends on the clock",
        "PK806",
    ),
    "dns": ("socket", "len(socket.getaddrinfo('localhost', 80)) > 0", None, "PK803"),
    "environment": ("os", "os.environ.get('HOSTNAME')", "depends on the host", "PK805"),
    "file": ("os", "open('{outside}/one').read()", None, "PK802"),
    "float-sum": (
        "os",
        "sum(map(float, {'0.1', '0.2', '0.3', '1e16', '-1e16'}))",
        "depends on the hash seed",
        None,
    ),
    "folder-order": (
        "os",
        "os.listdir('{outside}')",
        "depends on the order of files",
        "PK802",
    ),
    "host": ("socket", "socket.gethostname()", "depends on the host", "PK808"),
    "program": ("subprocess", "subprocess.run(['true']).returncode", None, "PK804"),
    "random": ("random", "random.random()", BUILDS, "PK807"),
    "set-order": (
        "os",
        "','.join({'alpha', 'beta', 'gamma', 'delta'})",
        "depends on the hash seed",
        None,
    ),
    "socket": ("socket", "socket.socket().close()", None, "PK803"),
    "umask": (
        "os",
        "[mask := os.umask(0o022), os.umask(mask)][0]",
        "depends on the umask",
        "PK808",
    ),
    "user": ("getpass", "getpass.getuser()", "depends on the user", "PK805"),
    "uuid": ("uuid", "uuid.uuid4()", BUILDS, "PK807"),
    "working-folder": ("os", "os.getcwd()", "depends on the folder", "PK808"),
    "year": ("time", "time.strftime('%Y', time.gmtime())", "depends on the clock", "PK806"),
    "zone": (
        "time",
        "time.strftime('%H', time.localtime(0))",
        "depends on the time zone",
        None,
    ),
}


HOOKS: Mapping[str, tuple[str, str]] = {
    # name: (hook, where it is said to differ)
    "in-check": ("check", "its findings"),
    "in-notes": ("notes", "its notes"),
    "in-parameters": ("parameters", "/0/default of its answer"),
}
ON_IMPORT = "when-imported"
NUMBER = (
    "[before := locale.setlocale(locale.LC_ALL), locale.setlocale(locale.LC_ALL, ''),"
    " f'{0.5:n}', locale.setlocale(locale.LC_ALL, before)][2]"
)
"""Written as the locale has it, which stands as it was afterwards: packc insists on that."""
LOCALE = "number"


@pytest.fixture(scope="module")
def examined(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """What the doctor says of a pack with all planted leaks at once."""
    folder = tmp_path_factory.mktemp("leaks")
    outside = folder / "outside"
    outside.mkdir()
    for name in ("one", "two", "three"):
        (outside / name).write_text(name)
    install(folder / "plugins", "moon", plugin_text("moon", "os", "'none'"))
    for name, (imports, leak, _, _) in LEAKS.items():
        text = plugin_text(name, imports, leak.replace("{outside}", str(outside)))
        install(folder / "plugins", name, text)
    for name, (hook, _) in HOOKS.items():
        text = plugin_text(name, "random", "random.random()", hook=hook)
        install(folder / "plugins", name, text)
    text = plugin_text(ON_IMPORT, "time", "NOW", top="NOW = time.time()")
    install(folder / "plugins", ON_IMPORT, text)
    text = plugin_text(LOCALE, "locale", NUMBER)
    install(folder / "plugins", LOCALE, text)
    make_pack(folder / "pack", "moon", (*LEAKS, *HOOKS, ON_IMPORT, LOCALE))
    run = run_doctor(folder, "--output", "json")
    assert run.stdout, run.stderr
    data: dict[str, Any] = json.loads(run.stdout)
    return data


def findings_of(examined: Mapping[str, Any], name: str) -> list[dict[str, Any]]:
    return [each for each in examined["diagnostics"] if f"plugin '{name}' " in each["message"]]


@pytest.mark.parametrize("name", [name for name in LEAKS if LEAKS[name][2]])
def test_a_leak_into_the_output_is_traced_to_its_field(examined: Any, name: str) -> None:
    does = LEAKS[name][2]

    found = [each for each in findings_of(examined, name) if each["code"] == "PK801"]

    place = f"/data/{name} of ConfigMap/demo"
    who = f"packc_patches of plugin '{name}' (demo-{name} 1.0)"
    assert [each["message"] for each in found] == [f"{who} {does} in {place}"]
    module = f"demo_{name.replace('-', '_')}.py"
    assert (found[0]["file"], found[0]["line"]) == (module, LEAK_LINE + 1)


@pytest.mark.parametrize("name", [name for name in LEAKS if LEAKS[name][3]])
def test_what_a_hook_does_is_seen_at_its_line(examined: Any, name: str) -> None:
    code = LEAKS[name][3]

    found = [each for each in findings_of(examined, name) if each["code"] == code]

    module = f"demo_{name.replace('-', '_')}.py"
    assert {(each["file"], each["line"]) for each in found} == {(module, LEAK_LINE)}
    assert all(each["message"].startswith("packc_patches of plugin ") for each in found)


@pytest.mark.parametrize("name", [name for name in LEAKS if not LEAKS[name][2]])
def test_what_moves_nothing_is_not_said_to_move(examined: Any, name: str) -> None:
    codes = {each["code"] for each in findings_of(examined, name)}

    assert "PK801" not in codes


@pytest.mark.parametrize("name", HOOKS)
def test_a_leak_in_another_hook_is_traced_to_it(examined: Any, name: str) -> None:
    hook, place = HOOKS[name]

    found = {each["code"]: each["message"] for each in findings_of(examined, name)}

    who = f"packc_{hook} of plugin '{name}' (demo-{name} 1.0)"
    assert found == {
        "PK801": f"{who} {BUILDS} in {place}",
        "PK807": f"{who} takes random numbers with random.random",
    }


def test_a_leak_while_a_plugin_is_imported_is_found_at_its_line(examined: Any) -> None:
    found = {each["code"]: each for each in findings_of(examined, ON_IMPORT)}

    assert set(found) == {"PK801", "PK806"}
    assert found["PK806"]["line"] == 3
    assert found["PK806"]["message"].startswith(f"plugin '{ON_IMPORT}' ")
    assert found["PK806"]["message"].endswith(", when imported, reads the clock with time.time")


def test_a_number_in_the_way_of_the_locale_is_found(examined: Any) -> None:
    (change,) = [each for each in examined["changes"] if each["name"] == "locale"]
    has_comma = change["remark"] is None

    found = {each["code"]: each for each in findings_of(examined, LOCALE)}

    assert found["PK808"]["line"] == LEAK_LINE
    assert set(found) == ({"PK801", "PK808"} if has_comma else {"PK808"})
    assert not has_comma or found["PK801"]["found"].startswith('"0,5"')


def test_every_finding_is_about_a_plugin_that_leaks(examined: Any) -> None:
    found = sum(len(findings_of(examined, name)) for name in (*LEAKS, *HOOKS, ON_IMPORT, LOCALE))

    assert found == len(examined["diagnostics"])


def test_every_change_is_tried(examined: Any) -> None:
    tried = {each["name"]: each["result"] for each in examined["changes"]}

    assert list(tried) == list(CHANGES)
    assert set(tried.values()) <= {"differs", "not tried"}


# --- one plugin at a time ---------------------------------------------------------------------


def codes_of(run: subprocess.CompletedProcess[str]) -> list[str]:
    return [each["code"] for each in json.loads(run.stdout)["diagnostics"]]


CLEAN = """\
import decimal, logging, uuid
    logging.getLogger("demo").warning("computing")
    leak = uuid.UUID(int=decimal.Decimal(7).__int__())"""


def test_imports_and_the_log_are_no_findings(doctor: Doctor) -> None:
    text = plugin_text("moon", "os", "0").replace("leak = 0", CLEAN)

    run = doctor(text, "--only", "process")

    assert run.returncode == 0, run.stdout + run.stderr
    assert "nothing moved, and no hook did anything but compute" in run.stdout
    assert "demo 1.0: 1 variant, built 2 times" in run.stdout


def test_a_plugin_may_read_files_of_its_own_package(tmp_path: Path) -> None:
    text = plugin_text("moon", "pathlib", "pathlib.Path(__file__).with_name('t.txt').read_text()")
    install(tmp_path / "plugins", "moon", text)
    package = tmp_path / "plugins" / "demo_moon"
    package.mkdir()
    (tmp_path / "plugins" / "demo_moon.py").rename(package / "__init__.py")
    (package / "t.txt").write_text("a table")
    make_pack(tmp_path / "pack", "moon")

    run = run_doctor(tmp_path, "--only", "process")

    assert run.returncode == 0, run.stdout + run.stderr


def test_a_plugin_may_not_write_even_there(doctor: Doctor) -> None:
    text = plugin_text("moon", "pathlib", "pathlib.Path(__file__ + '.txt').write_text('')")

    run = doctor(text, "--only", "process", "--output", "json")

    assert codes_of(run) == ["PK802"]


def test_state_that_plugins_share_is_found_in_a_fresh_process(tmp_path: Path) -> None:
    """What sticks once it is set is the same in all orders that one process tries."""
    (tmp_path / "plugins").mkdir()
    (tmp_path / "plugins" / "shared.py").write_text("seen = []\n")
    install(tmp_path / "plugins", "moon", plugin_text("moon", "shared", "shared.seen.append(1)"))
    install(tmp_path / "plugins", "sun", plugin_text("sun", "shared", "any(shared.seen)"))
    make_pack(tmp_path / "pack", "moon", ("sun",))

    run = run_doctor(tmp_path, "--only", "plugin-order", "--output", "json")

    (finding,) = json.loads(run.stdout)["diagnostics"]
    assert finding["message"] == (
        "packc_patches of plugin 'sun' (demo-sun 1.0) depends on the order of the plugins"
        " in /data/sun of ConfigMap/demo"
    )


SECRET = "apiVersion: v1\nkind: Secret\nmetadata: {name: demo}\nstringData: {}\n"


def test_what_a_secret_holds_is_not_shown(tmp_path: Path) -> None:
    text = plugin_text("moon", "random", "'hunter' + str(random.random())")
    install(tmp_path / "plugins", "moon", text.replace("ConfigMap/demo", "Secret/demo"))
    pack = make_pack(tmp_path / "pack", "moon")
    (pack / "base" / "config.yaml").write_text(SECRET.replace("stringData", "data"))

    run = run_doctor(tmp_path, "--only", "process")

    assert "in /data/moon of Secret/demo" in run.stderr
    assert "found: (masked) in moon" in run.stderr
    assert "hunter" not in run.stdout + run.stderr


NATIVE = "__import__('ctypes').pythonapi"
"""What no guard of Python can hold."""
AS_DOCTOR = "if os.environ.get('LOGNAME') == 'doctor' else 0"


@pytest.mark.parametrize(
    ("leak", "reason"),
    [
        (f"{NATIVE}.exit(3) {AS_DOCTOR}", "the process ends with exit code 3: it says nothing"),
        (f"{NATIVE}.abort() {AS_DOCTOR}", "the process is killed by SIGABRT"),
        (f"os._exit(3) {AS_DOCTOR}", "tried to end the process with os._exit"),
        (f"1 / 0 {AS_DOCTOR}", "raised ZeroDivisionError: division by zero"),
    ],
)
def test_a_pack_that_does_not_build_everywhere_is_a_finding(
    doctor: Doctor, leak: str, reason: str
) -> None:
    run = doctor(plugin_text("moon", "os", leak), "--only", "user")

    assert run.returncode == 1
    assert "error[PK809]: the pack builds, but not when the user is another" in run.stderr
    assert reason in run.stderr
    assert "Traceback" not in run.stderr


def test_what_a_plugin_prints_does_no_harm(doctor: Doctor) -> None:
    leak = "os.write(1, b'{\"shots\": 1}') and print('noise')"

    run = doctor(plugin_text("moon", "os", leak), "--only", "process")

    assert run.returncode == 0, run.stdout + run.stderr


def test_a_pack_that_does_not_build_at_all_says_why(doctor: Doctor) -> None:
    run = doctor(plugin_text("moon", "os", "1 / 0"))

    assert (run.returncode, run.stdout) == (1, "")
    assert "error[PK205]: packc_patches of plugin 'moon'" in run.stderr


def test_an_unknown_change_is_wrong_usage(doctor: Doctor) -> None:
    run = doctor(plugin_text("moon", "os", "0"), "--only", "weather")

    assert run.returncode == 2
    assert "invalid choice: 'weather'" in run.stderr


def test_files_that_are_set_may_be_named_from_here(tmp_path: Path) -> None:
    """Builds run elsewhere, and still find what --set and a values file name."""
    leak = "variant.values['demo.table'].text + variant.values['demo.list'].text"
    text = plugin_text("moon", "os", leak)
    (tmp_path / "table.txt").write_text("-----BEGIN")
    install(tmp_path / "plugins", "moon", text)
    pack = make_pack(tmp_path / "pack", "moon")
    with (pack / "pack.yaml").open("a") as file:
        file.write(
            "parameters:\n"
            "- {name: demo.list, type: file, description: A list.}\n"
            "- {name: demo.table, type: file, description: A table.}\n"
        )
    (tmp_path / "site.yaml").write_text("demo.list: table.txt\n")
    given = ("--set", "demo.table=table.txt", "--values", "site.yaml")

    run = run_doctor(tmp_path, "--only", "folder", *given)

    assert run.returncode == 0, run.stdout + run.stderr


def test_a_secret_value_is_not_shown_wherever_a_plugin_puts_it(tmp_path: Path) -> None:
    text = plugin_text("moon", "random", "variant.values['demo.word'] + str(random.random())")
    install(tmp_path / "plugins", "moon", text)
    pack = make_pack(tmp_path / "pack", "moon")
    with (pack / "pack.yaml").open("a") as file:
        file.write(
            "parameters: [{name: demo.word, type: string, description: A word., secret: true}]\n"
        )

    run = run_doctor(tmp_path, "--only", "process", "--set", "demo.word=hunter2")

    assert "in /data/moon of ConfigMap/demo" in run.stderr
    assert "hunter2" not in run.stdout + run.stderr


# --- Calico -----------------------------------------------------------------------------------


def test_calico_with_all_features_is_clean() -> None:
    only = () if IS_LONG else ("--only", "clock", "--only", "folder")
    features = ("--feature", "etcd-tls", "--feature", "windows-note")
    endpoints = ("--set", "etcd.endpoints=https://etcd.example.org:2379")
    command = [sys.executable, "-m", "packc", "doctor", "packs/calico"]

    run = subprocess.run(
        [*command, *features, *endpoints, *only],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )

    assert run.returncode == 0, run.stdout + run.stderr
    assert run.stderr == ""

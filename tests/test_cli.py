"""The command line: in this process where that is enough, else as a user's shell runs it."""

from __future__ import annotations

import argparse
import fcntl
import json
import os
import pty
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import yaml

from packc import __version__
from packc.cli import main
from packc.cli.parser import build_parser

PACKC: list[str | Path] = [sys.executable, "-m", "packc"]
COMMANDS = [
    name
    for action in build_parser()._actions
    if isinstance(action, argparse._SubParsersAction)
    for name in action.choices
]
ESCAPE = "\033"

Run = Callable[..., tuple[int, str, str]]


@pytest.fixture
def run(capfd: pytest.CaptureFixture[str]) -> Run:
    """Run the command in this process: exit code, standard output, standard error."""

    def run(*arguments: str | Path) -> tuple[int, str, str]:
        code = main([str(argument) for argument in arguments])
        return code, *capfd.readouterr()

    return run


def config(text: str) -> dict[str, Any]:
    """Return the ConfigMap of the small pack's manifests."""
    (found,) = (data for data in yaml.safe_load_all(text) if data["kind"] == "ConfigMap")
    return dict(found)


# --- help and usage ---------------------------------------------------------------------------


@pytest.mark.parametrize("command", [[], *([name] for name in COMMANDS)], ids=" ".join)
def test_help_shows_examples(run: Run, command: list[str]) -> None:
    code, out, err = run(*command, "--help")

    assert (code, err) == (0, "")
    assert f"usage: {' '.join(['packc', *command])}" in out
    assert "examples:\n" in out


def test_help_names_every_command(run: Run) -> None:
    _, out, _ = run("--help")

    assert {"build", "render", "show", "plugins", "schema", "completion"} <= set(COMMANDS)
    assert all(f"\n    {name}" in out for name in COMMANDS)


def test_version(run: Run) -> None:
    assert run("--version") == (0, f"packc {__version__}\n", "")


@pytest.mark.parametrize(
    "arguments",
    [
        [],
        ["bild"],
        ["build"],
        ["render", "a", "b"],
        ["build", "a", "--cloud"],
        ["build", "a", "--clou", "aws"],
        ["build", "a", "--output", "xml"],
        ["build", "a", "--quiet", "--verbose"],
        ["build", "a", "--hook-timeout", "soon"],
        ["build", "a", "--hook-timeout", "nan"],
        ["completion", "tcsh"],
    ],
    ids=" ".join,
)
def test_wrong_usage_exits_with_2(run: Run, arguments: list[str]) -> None:
    code, out, err = run(*arguments)

    assert (code, out) == (2, "")
    assert err.startswith("usage: packc")
    assert ": error: " in err.splitlines()[-1]


def test_help_imports_nothing_slow() -> None:
    code = "import sys; from packc.cli import main; main(['--help']); print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)

    loaded = {name.partition(".")[0] for name in done.stdout.splitlines()[-1].split()}
    assert "packc" in loaded
    assert not loaded & {"attr", "attrs", "cattrs", "ruamel", "_ruamel_yaml", "pluggy", "rich"}
    assert not loaded & {"argcomplete", "cryptography"}


# --- what is selected -------------------------------------------------------------------------


def test_every_cloud_of_the_pack_is_built(run: Run, small: Path, tmp_path: Path) -> None:
    code, _, _ = run("build", small, "-o", tmp_path / "out")

    assert code == 0
    files = {
        path.relative_to(tmp_path / "out").as_posix() for path in tmp_path.rglob("out/*/*/*/*")
    }
    assert files == {
        f"small/1.0.0/{cloud}/{name}"
        for cloud in ("aws", "azure")
        for name in ("manifests.yaml", "NOTES.md", "build.json")
    }


def test_the_output_goes_to_dist(run: Run, small: Path, tmp_path: Path, monkeypatch: Any) -> None:
    monkeypatch.chdir(tmp_path)

    run("build", small, "--cloud", "aws")

    assert (tmp_path / "dist" / "small" / "1.0.0" / "aws" / "manifests.yaml").is_file()


def test_several_packs_clouds_and_features(
    run: Run, small: Path, calico: Path, tmp_path: Path
) -> None:
    code, out, _ = run(
        "build", small, calico, "--cloud", "azure", "--cloud", "aws", "-o", tmp_path, "--quiet"
    )
    featured = run(
        *("build", calico, "--cloud", "aws", "-o", tmp_path, "--quiet"),
        *("--feature", "windows-note", "--feature", "etcd-tls"),
    )

    assert (code, out) == (0, "")
    assert featured[0] == 0
    built = {path.parent.relative_to(tmp_path).as_posix() for path in tmp_path.rglob("build.json")}
    assert built == {
        "small/1.0.0/aws",
        "small/1.0.0/azure",
        "calico/3.32.1/aws",
        "calico/3.32.1/azure",
        "calico/3.32.1/aws+etcd-tls+windows-note",
    }


def test_a_pack_with_an_error_does_not_stop_the_others(
    run: Run, small: Path, tmp_path: Path
) -> None:
    code, out, err = run("build", tmp_path / "none", small, "-o", tmp_path / "out")

    assert code == 1
    assert [line.split(":")[0] for line in out.splitlines()] == [
        "small 1.0.0 aws",
        "small 1.0.0 azure",
    ]
    assert "error[PK127]: there is no folder" in err
    assert err.endswith("packc: 1 error\n")


def test_render_wants_one_cloud(run: Run, small: Path) -> None:
    code, out, err = run("render", small)

    assert (code, out) == (1, "")
    assert "2 clouds are asked for" in err


# --- values -----------------------------------------------------------------------------------


def render(run: Run, *arguments: str | Path) -> dict[str, Any]:
    code, out, err = run("render", *arguments, "--cloud", "aws")
    assert (code, err) == (0, "")
    return config(out)


@pytest.mark.parametrize(
    ("setting", "key", "expected"),
    [
        ("small.size=7", "size", "7"),
        ("small.fast=true", "fast", "true"),
        ("small.names=x,y", "names", "x,y"),
        ('small.names=["x", "1"]', "names", "x,1"),
        ("small.names=", "names", ""),
    ],
)
def test_set_takes_the_type_of_the_parameter(
    run: Run, small: Path, setting: str, key: str, expected: str
) -> None:
    found = render(run, small, "--set", setting)

    assert found["data"][key] == expected


@pytest.mark.parametrize("text", ["a=1,b=true", '{"a": "1", "b": "true"}'])
def test_set_takes_maps(run: Run, small: Path, text: str) -> None:
    found = render(run, small, "--set", f"small.labels={text}")

    assert found["metadata"]["labels"] == {"a": "1", "b": "true"}


@pytest.mark.parametrize(
    ("setting", "said"),
    [
        ("small.size=x", "found 'x', expected a whole number"),
        ("small.size=3.0", "found '3.0', expected a whole number"),
        ("small.size=10", "10 is greater than the maximum 9"),
        ("small.fast=yes", "found 'yes', expected true or false"),
        ('small.names={"a": "b"}', "found a map, expected a list"),
        ("small.names=[", "found '[', expected a list"),
        ("small.labels=a", "found 'a', expected a map"),
        ("small.sizes=1", "did you mean 'small.size'?"),
        ("small.size", "has no '='"),
    ],
)
def test_set_refuses_what_does_not_fit(run: Run, small: Path, setting: str, said: str) -> None:
    code, out, err = run("render", small, "--cloud", "aws", "--set", setting)

    assert (code, out) == (1, "")
    assert said in err


def test_later_values_win_and_set_beats_them(run: Run, small: Path, tmp_path: Path) -> None:
    first, second = tmp_path / "first.yaml", tmp_path / "second.yaml"
    first.write_text("small.size: 2\nsmall: {names: [first], fast: true}\n")
    second.write_text("small: {size: 3, names: [second]}\n")

    found = render(run, small, "--set", "small.size=4", "--values", first, "--values", second)

    assert found["data"] == {"size": "4", "names": "second", "fast": "true"}


def test_the_network_must_be_that_of_kubernetes(run: Run, calico: Path, tmp_path: Path) -> None:
    kubernetes = tmp_path / "k8s.yaml"
    kubernetes.write_text("pack:\n  podCIDR: 10.0.0.0/16\n")
    command = ("render", calico, "--cloud", "aws", "--kubernetes-values", kubernetes)

    code, out, err = run(*command)
    agreeing = run(*command, "--set", "calico.calicoNetworkCIDR=10.0.0.0/16")

    assert (code, out) == (1, "")
    assert "192.168.0.0/16 is not 10.0.0.0/16" in err
    assert "k8s.yaml" in err
    assert agreeing[0] == 0


# --- what is said -----------------------------------------------------------------------------


def test_not_on_a_terminal_there_are_plain_lines(run: Run, small: Path, tmp_path: Path) -> None:
    code, out, err = run("build", small, "-o", tmp_path)

    assert (code, err) == (0, "")
    aws, azure = out.splitlines()
    assert aws.startswith("small 1.0.0 aws: 2 objects, ")
    assert aws.endswith(f" bytes, {_digest(tmp_path)}, 0 notes, 0 warnings -> {_folder(tmp_path)}")
    assert azure.startswith("small 1.0.0 azure: ")


def _folder(out: Path) -> Path:
    return out / "small" / "1.0.0" / "aws"


def _digest(out: Path) -> str:
    record = json.loads((_folder(out) / "build.json").read_text())
    return str(record["outputs"]["manifests.yaml"]["digest"])


def test_quiet_says_errors_only(run: Run, calico: Path, small: Path, tmp_path: Path) -> None:
    warned = run("build", calico, "--feature", "etcd-tls", "-o", tmp_path, "--quiet")
    failed = run("build", small, "--set", "small.size=x", "-o", tmp_path, "-q")

    assert warned == (0, "", "")
    assert failed[:2] == (1, "")
    assert "error[PK131]" in failed[2]


def test_verbose_says_values_with_their_sources_and_no_secret(
    run: Run, small: Path, tmp_path: Path
) -> None:
    _, _, err = run(
        *("build", small, "--cloud", "aws", "-o", tmp_path, "--verbose"),
        *("--set", "small.word=hush", "--set", "small.labels=a=b"),
    )

    assert "aws: small.size = 1 (default)" in err
    assert "aws: small.fast = false (default)" in err
    assert "aws: small.labels = a=b (--set small.labels)" in err
    assert "aws: small.word = (secret) (--set small.word)" in err
    assert "hush" not in err


def test_output_json_of_a_success(run: Run, small: Path, tmp_path: Path) -> None:
    code, out, err = run("build", small, "--cloud", "aws", "-o", tmp_path, "--output", "json")

    assert (code, err) == (0, "")
    manifests = _folder(tmp_path) / "manifests.yaml"
    assert json.loads(out) == {
        "variants": [
            {
                "pack": "small",
                "version": "1.0.0",
                "variant": "aws",
                "folder": str(_folder(tmp_path)),
                "objects": 2,
                "bytes": manifests.stat().st_size,
                "digest": _digest(tmp_path),
                "notes": 0,
                "warnings": 0,
            }
        ],
        "formats": [],
        "diagnostics": [],
    }


def test_output_json_of_a_failure(run: Run, small: Path, tmp_path: Path) -> None:
    values = tmp_path / "values.yaml"
    values.write_text("small:\n  size: big\n")

    code, out, err = run(
        "build", small, "--cloud", "aws", "-o", tmp_path, "--values", values, "--output", "json"
    )

    assert (code, err) == (1, "")
    data = json.loads(out)
    assert data["variants"] == []
    (diagnostic,) = data["diagnostics"]
    assert diagnostic.pop("hint")
    assert diagnostic == {
        "code": "PK131",
        "severity": "error",
        "message": "small.size: found 'big', expected a whole number",
        "file": str(values),
        "line": 2,
        "column": 9,
    }


def test_render_prints_nothing_else_on_standard_output(run: Run, calico: Path) -> None:
    code, out, err = run("render", calico, "--cloud", "aws", "--feature", "etcd-tls")

    assert code == 0
    assert "warning[ETCD112]" in err
    kinds = [data["kind"] for data in yaml.safe_load_all(out)]
    assert len(kinds) == 16
    assert out.startswith("apiVersion: ")


def test_color_always_and_never(run: Run, small: Path) -> None:
    command = ("render", small, "--cloud", "aws", "--set", "small.size=x")

    _, _, always = run(*command, "--color", "always")
    _, _, never = run(*command, "--color", "never")
    _, _, auto = run(*command)

    assert f"{ESCAPE}[1;31merror[PK131]{ESCAPE}[0m" in always
    assert ESCAPE not in never + auto


@pytest.mark.parametrize("locale", ["C", "C.UTF-8", "POSIX"])
def test_json_is_utf_8_in_every_locale(small: Path, locale: str) -> None:
    spec = small / "pack.yaml"
    spec.write_text(spec.read_text().replace("title: Small", "title: Größe \u2013 小"), "utf-8")
    environment = {"LC_ALL": locale, "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}

    command = [*PACKC, "show", small, "--output"]
    outputs = [
        subprocess.run([*command, form], env=os.environ | environment, capture_output=True)
        for form in ("json", "text")
    ]

    assert [done.returncode for done in outputs] == [0, 0]
    assert json.loads(outputs[0].stdout.decode())["title"] == "Größe \u2013 小"


# --- on a terminal ----------------------------------------------------------------------------


def on_a_terminal(
    *arguments: str | Path, out_is_piped: bool = False, **environment: str
) -> tuple[str, str]:
    """Return what a terminal of 80 columns gets, and what a pipe on standard output gets."""
    main_end, child_end = pty.openpty()
    process = subprocess.Popen(
        [*PACKC, *arguments],
        stdin=child_end,
        stdout=subprocess.PIPE if out_is_piped else child_end,
        stderr=child_end,
        env=os.environ | {"TERM": "xterm", "COLUMNS": "80", "NO_COLOR": ""} | environment,
    )
    os.close(child_end)
    shown = _read_all(main_end)
    piped = process.stdout.read().decode() if process.stdout else ""
    if process.stdout:
        process.stdout.close()
    assert process.wait() == 0
    return shown, piped


def _read_all(terminal: int) -> str:
    found = b""
    with os.fdopen(terminal, "rb", buffering=0) as stream:
        while True:
            try:
                part = stream.read(65536)
            except OSError:  # Linux says EIO when the last writer has gone
                break
            if not part:
                break
            found += part
    return found.decode()


def test_a_terminal_gets_progress_and_a_table(small: Path, tmp_path: Path) -> None:
    shown, _ = on_a_terminal("build", small, "-o", tmp_path)

    assert "compiling" in shown
    assert f"{ESCAPE}[?25l" in shown
    assert shown.count(f"{ESCAPE}[?25h") >= shown.count(f"{ESCAPE}[?25l")
    heading, aws, azure = (line.rstrip() for line in shown.splitlines()[-3:])
    assert heading == "  variant  objects  bytes  digest        notes  warnings"
    assert aws.split() == ["aws", "2", "234", _digest(tmp_path)[7:19], "0", "0"]
    assert azure.split()[0] == "azure"


def test_the_table_is_never_cut_off(calico: Path, tmp_path: Path) -> None:
    shown, _ = on_a_terminal(
        *("build", calico, "--cloud", "vmware", "-o", tmp_path),
        *("--feature", "etcd-tls", "--feature", "windows-note"),
    )

    (row,) = (line for line in shown.splitlines() if line.startswith("  vmware+"))
    assert row.split()[0] == "vmware+etcd-tls+windows-note"
    assert len(row) <= 80
    assert "…" not in shown


def test_piped_output_is_free_of_escape_codes(small: Path, tmp_path: Path) -> None:
    shown, piped = on_a_terminal("build", small, "-o", tmp_path, out_is_piped=True)

    assert "compiling" in shown
    assert len(piped.splitlines()) == 2
    assert ESCAPE not in piped
    assert "\r" not in piped


@pytest.mark.parametrize(
    ("options", "environment"),
    [(["--color", "never"], {}), ([], {"NO_COLOR": "1"}), ([], {"TERM": "dumb"})],
)
def test_colour_can_be_switched_off(
    small: Path, tmp_path: Path, options: list[str], environment: dict[str, str]
) -> None:
    coloured, _ = on_a_terminal("build", small, "-o", tmp_path)
    arguments = ("build", small, "-o", tmp_path, *options)
    plain, _ = on_a_terminal(*arguments, out_is_piped=False, **environment)

    assert f"{ESCAPE}[1m" in coloured
    styles = [
        part for part in plain.split(f"{ESCAPE}[")[1:] if part.lstrip("0123456789;")[0] == "m"
    ]
    assert styles == []


# --- pipes and signals ------------------------------------------------------------------------


@pytest.mark.parametrize("command", ["render {} --cloud aws", "show {}", "build {} -o {out}"])
def test_a_reader_that_leaves_is_no_error(calico: Path, tmp_path: Path, command: str) -> None:
    arguments = command.format(calico, out=tmp_path)
    shell = f"{sys.executable} -m packc {arguments} | head -c 1; exit ${{PIPESTATUS[0]}}"

    done = subprocess.run(["bash", "-c", shell], capture_output=True, text=True)

    assert (done.returncode, done.stderr) == (0, "")


def test_a_disk_that_is_full_below_standard_output_is_reported(small: Path) -> None:
    with Path("/dev/full").open("w") as full:
        done = subprocess.run(
            [*PACKC, "render", small, "--cloud", "aws"],
            stdout=full,
            stderr=subprocess.PIPE,
            text=True,
        )

    assert done.returncode == 1
    assert done.stderr == ("error[PK503]: cannot write standard output: no space left on device\n")


def test_standard_output_may_be_closed(small: Path, tmp_path: Path) -> None:
    command = ["sh", "-c", 'exec "$@" >&-', "sh", *PACKC, "build", small, "-o", tmp_path]

    done = subprocess.run(command, stderr=subprocess.PIPE, text=True)

    assert (done.returncode, done.stderr) == (0, "")
    assert (_folder(tmp_path) / "manifests.yaml").is_file()


def test_a_folder_that_is_no_utf_8_can_be_written_to(small: Path, tmp_path: Path) -> None:
    out = os.fsencode(tmp_path) + b"/\xff"

    done = subprocess.run(
        [*PACKC, "build", small, "-o", out, "--output", "json"],
        env=os.environ | {"PYTHONIOENCODING": "utf-8:strict"},
        capture_output=True,
    )

    assert (done.returncode, done.stderr) == (0, b"")
    folder = json.loads(done.stdout)["variants"][0]["folder"]
    assert Path(os.fsdecode(os.fsencode(folder))).is_dir()


@pytest.mark.skipif(not Path("/proc/locks").exists(), reason="only Linux lists who waits")
def test_ctrl_c_exits_with_130_and_leaves_whole_outputs(small: Path, tmp_path: Path) -> None:
    command = [*PACKC, "build", small, "-o", tmp_path / "out"]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    before = {path: path.read_bytes() for path in tmp_path.rglob("out/*/*/*/*")}

    with _held(tmp_path / "out" / "small"):
        build = subprocess.Popen([*command, "--set", "small.size=2"], stderr=subprocess.PIPE)
        while not _waits_for_a_lock(build.pid):
            assert build.poll() is None
            time.sleep(0.01)
        build.send_signal(signal.SIGINT)
        _, err = build.communicate()

    assert build.returncode == 130
    assert err == b"packc: interrupted; whole outputs only were written\n"
    assert {path: path.read_bytes() for path in tmp_path.rglob("out/*/*/*/*")} == before


@contextmanager
def _held(folder: Path) -> Iterator[None]:
    """Hold the lock of a folder, as another build does while it writes."""
    descriptor = os.open(folder, os.O_RDONLY)
    fcntl.flock(descriptor, fcntl.LOCK_EX)
    yield
    os.close(descriptor)


def _waits_for_a_lock(process: int) -> bool:
    lines = Path("/proc/locks").read_text().splitlines()
    return any("->" in line.split() and str(process) in line.split() for line in lines)


# --- completion -------------------------------------------------------------------------------


def complete(line: str, cwd: Path) -> list[str]:
    """Return what the shell is offered behind a line, by the protocol that argcomplete speaks."""
    environment = {
        "_ARGCOMPLETE": "1",
        "_ARGCOMPLETE_SHELL": "bash",
        "_ARGCOMPLETE_COMP_WORDBREAKS": " \t\n\"'><=;|&(:",
        "_ARGCOMPLETE_IFS": "\n",
        "_ARGCOMPLETE_SUPPRESS_SPACE": "1",
        "COMP_LINE": line,
        "COMP_POINT": str(len(line)),
        "COMP_TYPE": "9",
    }
    command = f"{sys.executable} -m packc 8>&1 9>/dev/null >/dev/null 2>&1"
    done = subprocess.run(
        ["bash", "-c", command],
        cwd=cwd,
        env=os.environ | environment,
        capture_output=True,
        text=True,
    )
    return [word.strip() for word in done.stdout.split("\n") if word.strip()]


SMALL_PARAMETERS = ("fast", "labels", "names", "size", "word")


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("packc ", COMMANDS),
        ("packc re", ["render"]),
        ("packc build calico --cloud ", ["aws", "azure", "vmware"]),
        ("packc build small --cloud ", ["aws", "azure"]),
        ("packc build --cloud v", ["vmware"]),
        ("packc build calico --feature ", ["etcd-tls", "windows-note"]),
        ("packc render calico --set calico.m", ["calico.mtu="]),
        ("packc build small --set small.f", ["small.fast="]),
        ("packc build small --set ", [f"small.{name}=" for name in SMALL_PARAMETERS]),
        ("packc build nowhere --feature ", []),
        ("packc schema p", ["pack", "patches"]),
        ("packc show sm", ["small"]),
    ],
)
def test_the_shell_completes(calico: Path, small: Path, line: str, expected: list[str]) -> None:
    (small.parent / "calico").symlink_to(calico)

    offered = complete(line, small.parent)

    assert sorted(word for word in offered if not word.startswith("-")) == sorted(expected)


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_the_completion_script_names_packc(run: Run, shell: str) -> None:
    code, out, err = run("completion", shell)

    assert (code, err) == (0, "")
    assert "_ARGCOMPLETE" in out
    assert "packc" in out


# --- show, plugins, schema --------------------------------------------------------------------


def test_show_prints_parameters_clouds_and_features(run: Run, calico: Path) -> None:
    code, out, err = run("show", calico)

    assert (code, err) == (0, "")
    assert out.startswith("Calico 3.32.1 (pack calico)\n")
    assert "  aws           Amazon Web Services" in out
    assert "  etcd-tls " in out
    assert "  calico.mtu: integer (at least 0; at most 65535)\n" in out
    assert "default: CALICO_IPV4POOL_IPIP on aws, vmware; CALICO_IPV4POOL_VXLAN on azure" in out


def test_show_as_json(run: Run, small: Path) -> None:
    code, out, err = run("show", small, "--output", "json")

    assert (code, err) == (0, "")
    data = json.loads(out)
    assert (data["name"], data["version"]) == ("small", "1.0.0")
    assert [cloud["name"] for cloud in data["clouds"]] == ["aws", "azure"]
    parameters = {parameter["name"]: parameter for parameter in data["parameters"]}
    assert parameters["small.names"]["type"] == "list of string"
    assert parameters["small.names"]["defaults"] == {"aws": ["a"], "azure": ["a"]}
    assert parameters["small.word"]["secret"] is True


def test_show_never_prints_a_secret_default(run: Run, small: Path) -> None:
    spec = small / "pack.yaml"
    spec.write_text(spec.read_text().replace("secret: true", "secret: true, default: hush"))

    _, text, _ = run("show", small)
    _, data, _ = run("show", small, "--output", "json")

    assert "(secret)" in text
    assert "hush" not in text + data


def test_plugins_says_what_is_installed_and_what_takes_part(run: Run, calico: Path) -> None:
    _, text, _ = run("plugins")
    code, out, err = run("plugins", calico, "--output", "json")

    assert "packc_etcd_tls" in text
    assert (code, err) == (0, "")
    plugins = {entry["name"]: entry for entry in json.loads(out)}
    ours = {"aws", "azure", "etcd-tls", "vmware", "windows-note"}
    assert ours <= set(plugins)
    assert {plugins[name]["version"] for name in ours} == {__version__}
    assert plugins["aws"]["clouds"] == ["aws"]
    assert plugins["aws"]["pack"] == "active: a cloud of the pack"
    assert plugins["etcd-tls"]["features"] == ["etcd-tls"]
    assert plugins["etcd-tls"]["pack"] == "offered: --feature switches it on"


@pytest.mark.parametrize("command", ["show", "plugins"])
def test_a_broken_pack_is_reported(run: Run, tmp_path: Path, command: str) -> None:
    code, out, err = run(command, tmp_path)

    assert (code, out) == (1, "")
    assert "error[PK1" in err
    assert "Traceback" not in err


def test_schema_prints_json(run: Run) -> None:
    code, out, err = run("schema")

    assert (code, err) == (0, "")
    assert json.loads(out)["$schema"] == "https://json-schema.org/draft/2020-12/schema"
    assert "operations" in run("schema", "patches")[1]

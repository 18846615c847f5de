"""`packc plugin certify`: its reports, its certificate, and the same rules as tests of pytest."""

from __future__ import annotations

import base64
import hashlib
import json
import os
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest

from packc.cli import main
from packc.diagnostics import PackcError
from packc.plugins import discover
from packc.testing import suite
from packc.testing.certificate import certified, read_certificate
from packc.testing.rules import RULES

ROOT = Path(__file__).parent.parent
GOOD = '''\
"""packc_pluto: what packc has to know of a cloud far away."""

from packc.api import Cloud, Fact, hookimpl


@hookimpl
def packc_clouds():
    fact = Fact("pod-network-encapsulation", ("ipip", "vxlan"), "vxlan")
    return [Cloud("pluto", "Pluto", "A cloud far away.", (fact,))]
'''
PRINTING = GOOD.replace("    fact =", '    print("far away")\n    fact =')
WHEEL = "packc_pluto-1.0-py3-none-any.whl"
METADATA = "Metadata-Version: 2.1\nName: packc-pluto\nVersion: 1.0\nRequires-Dist: packc>=0.1\n"

FEATURE = '''\
"""packc_pluto: a feature with a setting, so that only some packs can offer it."""

from packc.api import Feature, Note, hookimpl


@hookimpl
def packc_features():
    settings = {"workload": "the workload, as Kind/name"}
    return [Feature("pluto", "Pluto", "Says which workload is far away.", settings)]


@hookimpl
def packc_notes(variant):
    return [Note(variant.settings["pluto"]["workload"])]
'''
EXITING = FEATURE.replace(
    'return [Note(variant.settings["pluto"]["workload"])]', "raise SystemExit(3)"
)

Install = Callable[[str], Path]


def make_wheel(path: Path, text: str) -> None:
    """Write a wheel that holds the plugin."""
    folder = "packc_pluto-1.0.dist-info"
    files = {
        "packc_pluto.py": text,
        f"{folder}/METADATA": METADATA,
        f"{folder}/WHEEL": "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
        f"{folder}/entry_points.txt": "[packc]\npluto = packc_pluto\n",
    }
    lines = [f"{name},{_digest(content)},{len(content)}" for name, content in files.items()]
    files[f"{folder}/RECORD"] = "\n".join([*lines, f"{folder}/RECORD,,", ""])
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in files.items():
            archive.writestr(zipfile.ZipInfo(name), content)


def _digest(content: str) -> str:
    digest = base64.urlsafe_b64encode(hashlib.sha256(content.encode()).digest())
    return f"sha256={digest.rstrip(b'=').decode()}"


@pytest.fixture(scope="module")
def certified_once(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a wheel, what it installs, and its certificate."""
    folder = tmp_path_factory.mktemp("certified")
    make_wheel(folder / WHEEL, GOOD)
    with zipfile.ZipFile(folder / WHEEL) as archive:
        archive.extractall(folder / "site")
    path = os.pathsep.join(map(str, (folder / "site", ROOT, ROOT / "plugins")))
    options = ("--wheel", WHEEL, "--certificate", "pluto.json")
    subprocess.run(
        [sys.executable, "-m", "packc", "plugin", "certify", "pluto", *options],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": path},
        stdout=subprocess.DEVNULL,
        check=True,
    )
    return folder


@pytest.fixture
def wheel(certified_once: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of the wheel; what it installs is installed."""
    monkeypatch.syspath_prepend(str(certified_once / "site"))
    return Path(shutil.copy(certified_once / WHEEL, tmp_path))


@pytest.fixture
def certificate(certified_once: Path, wheel: Path) -> Path:
    """A copy of the wheel's certificate."""
    return Path(shutil.copy(certified_once / "pluto.json", wheel.parent))


@pytest.fixture
def install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Install:
    """Install a plugin from its wheel, as pip does it, and return the wheel."""

    def install_text(text: str) -> Path:
        wheel = tmp_path / WHEEL
        make_wheel(wheel, text)
        with zipfile.ZipFile(wheel) as archive:
            archive.extractall(tmp_path / "site")
        monkeypatch.syspath_prepend(str(tmp_path / "site"))
        monkeypatch.chdir(tmp_path)
        return wheel

    return install_text


def make_pack(folder: Path, feature: str, settings: str = "workload: ConfigMap/demo") -> None:
    """Write a pack that offers the feature."""
    folder.mkdir()
    (folder / "pack.yaml").write_text(
        "packc: 1\nname: demo\nversion: 1.0.0\ntitle: Demo\ndescription: A demo.\nclouds: [aws]\n"
        f"features:\n- name: {feature}\n  with:\n    {settings}\nobjects:\n- files: '*.json'\n"
    )
    data = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "demo"}}
    (folder / "object.json").write_text(json.dumps(data))


def results(report: dict[str, Any]) -> dict[str, str]:
    """Return how each rule came out, by its name."""
    return {rule["name"]: rule["result"] for rule in report["rules"]}


def certify(*arguments: str | Path) -> int:
    return main(["plugin", "certify", *map(str, arguments)])


# --- reports ----------------------------------------------------------------------------------


def test_a_line_for_each_rule_says_how_it_came_out(
    install: Install, capsys: pytest.CaptureFixture[str]
) -> None:
    install(PRINTING)

    code = certify("pluto")

    out, err = capsys.readouterr()
    said = [line.split()[1].rstrip(":") for line in out.splitlines() if line.startswith("  ")]
    assert code == 1
    assert said == list(RULES)
    assert "  failed  quiet: see `packc plugin certify --explain quiet`\n" in out
    assert "packc_pluto.py:6:1: error[PK241]: quiet: packc_clouds of plugin 'pluto'" in err


@pytest.mark.parametrize("name", ["pluto", "packc_pluto", "packc-pluto"])
def test_a_plugin_is_named_by_entry_point_module_or_distribution(
    name: str, install: Install, capsys: pytest.CaptureFixture[str]
) -> None:
    install(GOOD)

    code = certify(name, "--rule", "loads")

    assert code == 0
    assert capsys.readouterr().out.startswith("plugin 'pluto' (packc-pluto 1.0)\n")


def test_a_rule_that_is_left_out_is_said_to_be(
    install: Install, capsys: pytest.CaptureFixture[str]
) -> None:
    install(PRINTING)

    code = certify("pluto", "--skip", "quiet", "--output", "json")

    report = json.loads(capsys.readouterr().out)
    [quiet] = [rule for rule in report["rules"] if rule["name"] == "quiet"]
    assert code == 0
    assert (quiet["result"], quiet["reason"]) == ("skipped", "it was not asked for")


def test_junit_has_a_test_case_for_each_rule(
    install: Install, capsys: pytest.CaptureFixture[str]
) -> None:
    install(PRINTING)

    code = certify("pluto", "--output", "junit")

    root = ElementTree.fromstring(capsys.readouterr().out)
    [suite] = root.findall("testsuite")
    failures = [case.get("name") for case in suite if case.find("failure") is not None]
    skipped = [case for case in suite if case.find("skipped") is not None]
    assert code == 1
    assert [case.get("name") for case in suite] == list(RULES)
    assert failures == ["quiet"]
    assert (suite.get("tests"), suite.get("failures")) == (str(len(RULES)), "1")
    assert suite.get("skipped") == str(len(skipped))
    assert suite.find("*[@time]") is None


def test_a_pack_of_the_plugins_own_is_tried_as_well(
    install: Install, small: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    install(GOOD)

    code = certify("pluto", "--pack", small, "--output", "json")

    assert code == 0
    assert {"name": "small", "version": "1.0.0"} in json.loads(capsys.readouterr().out)["packs"]


def test_the_rules_can_be_listed(capsys: pytest.CaptureFixture[str]) -> None:
    code = certify("--list")

    assert code == 0
    assert [line.split()[0] for line in capsys.readouterr().out.splitlines()] == list(RULES)


def test_a_rule_is_explained_without_its_page(capsys: pytest.CaptureFixture[str]) -> None:
    code = certify("--explain", "quiet")

    told = capsys.readouterr().out
    assert code == 0
    assert told.startswith("# quiet\n\nThe plugin prints nothing")
    assert "**How to mend it:** Return a `Note`" in told


def test_a_rule_that_there_is_not_cannot_be_explained(capsys: pytest.CaptureFixture[str]) -> None:
    code = certify("--explain", "quite")

    assert code == 1
    assert "error[PK245]: there is no rule 'quite'\n  hint: did you mean 'quiet'?" in (
        capsys.readouterr().err
    )


def test_without_a_name_it_is_wrong_usage(capsys: pytest.CaptureFixture[str]) -> None:
    code = certify()

    assert code == 2
    assert "NAME is missing" in capsys.readouterr().err


# --- what is asked ----------------------------------------------------------------------------


def test_a_feature_is_tried_with_the_pack_that_offers_it(
    install: Install, capsys: pytest.CaptureFixture[str]
) -> None:
    install(FEATURE)
    make_pack(Path("pack"), "pluto")

    code = certify("pluto", "--pack", "pack", "--output", "json")

    report = json.loads(capsys.readouterr().out)
    assert code == 0
    assert report["packs"] == [{"name": "demo", "version": "1.0.0"}]
    assert results(report)["raises-nothing"] == "passed"


def test_no_rule_about_hooks_passes_where_no_hook_was_asked(
    install: Install, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The hook would exit, if a pack offered the feature."""
    wheel = install(EXITING)
    certificate = tmp_path / "pluto.json"

    code = certify("pluto", "--wheel", wheel, "--certificate", certificate, "--output", "json")

    found = results(json.loads(capsys.readouterr().out))
    hooks = [name for name, rule in RULES.items() if rule.is_of_hooks]
    assert code == 1
    assert not certificate.exists()
    assert [name for name, result in found.items() if result == "failed"] == ["exercised"]
    assert {found[name] for name in hooks} == {"skipped"}


def test_a_hook_that_exits_is_found_with_the_pack_that_offers_the_feature(
    install: Install, capsys: pytest.CaptureFixture[str]
) -> None:
    install(EXITING)
    make_pack(Path("pack"), "pluto")

    code = certify("pluto", "--pack", "pack")

    assert code == 1
    assert "raises-nothing: packc_notes of plugin 'pluto'" in capsys.readouterr().err


def test_what_is_wrong_with_the_pack_is_said_where_it_keeps_hooks_from_being_asked(
    install: Install, capsys: pytest.CaptureFixture[str]
) -> None:
    install(FEATURE)
    make_pack(Path("pack"), "pluto", settings="colour: blue")

    code = certify("pluto", "--pack", "pack")

    err = capsys.readouterr().err
    assert code == 1
    assert "exercised: no build asks packc_notes of plugin 'pluto'" in err
    assert "'workload'" in err


# --- plugins that reach for the kit -----------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "rules"),
    [
        ("import atexit\n\natexit.register(lambda: print('bye'))\n", set()),
        ("import json\n\njson.dumps = lambda *a, **k: 'bye'\n", {"process-kept"}),
        ("import json\n\njson.dumps = json.loads = None\n", {"process-kept"}),
        ("import os\n\nos.write = os.close = None\n", {"process-kept"}),
        ("import time\n\ntime.monotonic = time.perf_counter = lambda: 'x'\n", {"process-kept"}),
        ("import os\n\nos.closerange(3, 200)\n", None),
        ("import os, signal\n\nos.kill(os.getppid(), signal.SIGKILL)\n", {"loads"}),
        ("import builtins\n\nbuiltins.open = builtins.len = None\n", None),
        ("import packc.testing.witness as w\n\nw.as_data = None\n", None),
    ],
    ids=lambda value: value.split("\n")[2][:30] if isinstance(value, str) else "",
)
def test_whatever_a_plugin_does_to_the_kit_is_a_finding(
    text: str, rules: set[str] | None, install: Install, capsys: pytest.CaptureFixture[str]
) -> None:
    """Where `rules` is None, some rule says so, whichever."""
    install(GOOD.replace('away."""\n\n', f'away."""\n\n{text}', 1))

    code = certify("pluto", "--output", "json")

    found = results(json.loads(capsys.readouterr().out))
    failed = {name for name, result in found.items() if result == "failed"}
    assert code == (0 if rules == set() else 1)
    assert failed if rules is None else failed == rules


def test_what_is_too_short_is_said_with_the_limit(
    install: Install, capsys: pytest.CaptureFixture[str]
) -> None:
    docstring = '"""packc_pluto: what packc has to know of a cloud far away."""'
    install(GOOD.replace(docstring, '"""Far."""'))

    certify("pluto")

    assert "has a docstring of 4 characters, expected 10 or more" in capsys.readouterr().err


def test_a_hook_may_be_a_generator(install: Install) -> None:
    install(GOOD.replace("return [Cloud", "yield Cloud").replace("(fact,))]", "(fact,))"))

    assert certify("pluto") == 0


# --- the certificate --------------------------------------------------------------------------


def test_a_certificate_is_about_the_wheel_and_has_the_same_bytes_every_time(
    install: Install, tmp_path: Path
) -> None:
    wheel = install(GOOD)
    first, second = tmp_path / "one.json", tmp_path / "two.json"

    codes = [certify("pluto", "--wheel", wheel, "--certificate", each) for each in (first, second)]

    statement = json.loads(first.read_text())
    digest = hashlib.sha256(wheel.read_bytes()).hexdigest()
    assert codes == [0, 0]
    assert first.read_bytes() == second.read_bytes()
    assert statement["_type"] == "https://in-toto.io/Statement/v1"
    assert statement["subject"] == [{"name": WHEEL, "digest": {"sha256": digest}}]
    assert [rule["name"] for rule in statement["predicate"]["rules"]] == list(RULES)


def test_a_certificate_is_found_for_the_installed_files_until_they_change(
    install: Install, tmp_path: Path
) -> None:
    wheel = install(GOOD)
    folder = tmp_path / "certificates"
    folder.mkdir()
    (folder / "another.json").write_text("[]")
    certify("pluto", "--wheel", wheel, "--certificate", folder / "pluto.json")
    [found] = discover()["pluto"]

    before = certified(found, folder)
    (tmp_path / "site" / "packc_pluto.py").write_text(f"{GOOD}\n")
    after = certified(found, folder)

    assert before == read_certificate(folder / "pluto.json")
    assert after is None


def test_a_certificate_can_be_verified(
    install: Install, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    wheel = install(GOOD)
    certificate = tmp_path / "pluto.json"
    certify("pluto", "--wheel", wheel, "--certificate", certificate)

    same = certify("pluto", "--verify", certificate)
    (tmp_path / "site" / "packc_pluto.py").write_text(f"{GOOD}\n")
    changed = certify("pluto", "--verify", certificate)

    assert (same, changed) == (0, 1)
    assert "the certificate is not about the installed files" in capsys.readouterr().err


def test_a_certificate_says_what_it_was_not_compared_with(
    certificate: Path, wheel: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    without = certify("pluto", "--verify", certificate)
    told_without = capsys.readouterr().out
    compared = certify("pluto", "--verify", certificate, "--wheel", wheel)
    told = capsys.readouterr().out

    assert (without, compared) == (0, 0)
    assert "not compared with a wheel" in told_without
    assert "not compared with a wheel" not in told
    assert "not signed" in told


def test_a_certificate_is_refused_for_another_wheel(
    certificate: Path, wheel: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with zipfile.ZipFile(wheel, "a") as archive:
        archive.comment = b"the same files, and other bytes"

    code = certify("pluto", "--verify", certificate, "--wheel", wheel)

    assert code == 1
    assert f"the certificate is about another wheel than '{WHEEL}'" in capsys.readouterr().err


def test_a_certificate_is_refused_for_a_wheel_with_other_files(
    certificate: Path, wheel: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    make_wheel(wheel, f"{GOOD}\n")

    code = certify("pluto", "--verify", certificate, "--wheel", wheel)

    assert code == 1
    assert "packc_pluto.py is another file" in capsys.readouterr().err


def drop(data: Any, *path: Any) -> None:
    """Remove what is at a path."""
    for key in path[:-1]:
        data = data[key]
    del data[path[-1]]


def put(data: Any, value: Any, *path: Any) -> None:
    """Set what is at a path."""
    for key in path[:-1]:
        data = data[key]
    data[path[-1]] = value


P = "predicate"


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (lambda d: put(d, "0" * 63, "subject", 0, "digest", "sha256"), "another kind of value at"),
        (lambda d: put(d, [], "subject"), "found no wheels as its subject"),
        (lambda d: d["subject"].append(d["subject"][0]), "found 2 wheels as its subject"),
        (lambda d: put(d, "0.9", P, "plugin", "version"), "is about packc-pluto 0.9, and"),
        (lambda d: put(d, "moon", P, "plugin", "name"), "is about the plugin 'moon'"),
        (lambda d: put(d, "other", P, "plugin", "distribution"), "is about other 1.0, and"),
        (lambda d: put(d, "packc.formats", P, "plugin", "group"), "of packc.formats"),
        (lambda d: put(d, "0" * 64, P, "plugin", "digest", "sha256"), "the installed files"),
        (lambda d: put(d, "99.0", P, "packc"), "is of packc 99.0 with level"),
        (lambda d: put(d, 99, P, "apiLevel"), "with level 99 of the API"),
        (lambda d: put(d, True, P, "apiLevel"), "another kind of value at predicate.apiLevel"),
        (lambda d: put(d, [], P, "packs"), "it names no pack"),
        (lambda d: drop(d, P, "packs", 0, "digest"), "no field 'digest' in predicate.packs[0]"),
        (lambda d: put(d, [], P, "rules"), "it does not speak of loads, hooks-known"),
        (lambda d: drop(d, P, "rules", 0), "it does not speak of loads"),
        (lambda d: put(d, "brave", P, "rules", 0, "name"), "it does not speak of loads"),
        (
            lambda d: d[P]["rules"].append({"name": "brave", "result": "passed"}),
            "it speaks of unknown rules: brave",
        ),
        (lambda d: d[P]["rules"].append(d[P]["rules"][0]), "it speaks twice of loads"),
        (lambda d: put(d, "failed", P, "rules", 0, "result"), "says that these failed: loads"),
        (lambda d: put(d, "skipped", P, "rules", 0, "result"), "loads was skipped"),
        (lambda d: put(d, "kept", P, "rules", 0, "result"), "another kind of value at"),
        (lambda d: put(d, 1, "signed"), "the unknown field 'signed' in the statement"),
        (lambda d: drop(d, P), "no field 'predicate' in the statement"),
    ],
)
def test_a_certificate_that_was_changed_is_refused_with_the_reason(
    change: Callable[[Any], object],
    reason: str,
    certificate: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    data = json.loads(certificate.read_text())
    change(data)
    certificate.write_text(json.dumps(data))

    code = certify("pluto", "--verify", certificate)

    err = capsys.readouterr().err
    assert code == 1
    assert "error[PK244]" in err
    assert reason in err


def test_a_certificate_with_a_name_twice_is_refused(certificate: Path) -> None:
    certificate.write_text(certificate.read_text().replace("{", '{"_type": 1,', 1))

    with pytest.raises(PackcError, match="no JSON of a certificate"):
        read_certificate(certificate)


@pytest.mark.parametrize("options", [("--rule", "loads"), ("--skip", "quiet")])
def test_a_run_without_some_rules_writes_no_certificate(
    options: tuple[str, str], install: Install, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    wheel = install(GOOD)

    code = certify("pluto", "--wheel", wheel, "--certificate", tmp_path / "pluto.json", *options)

    assert code == 1
    assert "a certificate is about all rules, and some are left out" in capsys.readouterr().err
    assert not (tmp_path / "pluto.json").exists()


def test_a_wheel_that_is_not_installed_gets_no_certificate(
    install: Install, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    wheel = install(GOOD)
    make_wheel(wheel, f"{GOOD}\n")

    code = certify("pluto", "--wheel", wheel, "--certificate", tmp_path / "pluto.json")

    assert code == 1
    assert "packc_pluto.py is another file" in capsys.readouterr().err
    assert not (tmp_path / "pluto.json").exists()


def test_a_run_that_fails_writes_no_certificate(install: Install, tmp_path: Path) -> None:
    wheel = install(PRINTING)

    code = certify("pluto", "--wheel", wheel, "--certificate", tmp_path / "pluto.json")

    assert code == 1
    assert not (tmp_path / "pluto.json").exists()


@pytest.mark.parametrize("content", [b"", b"\xff", b"[]", b"{}", b"[" * 100_000, b'{"_type": 1}'])
def test_what_is_no_certificate_is_refused_in_a_sentence(content: bytes, tmp_path: Path) -> None:
    path = tmp_path / "pluto.json"
    path.write_bytes(content)

    with pytest.raises(PackcError, match=r"PK244: found .*, expected a certificate"):
        read_certificate(path)


# --- pytest -----------------------------------------------------------------------------------


def run_pytest(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run pytest in a folder, with the plugin installed in its folder `site`."""
    path = os.pathsep.join(map(str, (folder / "site", ROOT, ROOT / "plugins")))
    return subprocess.run(
        [sys.executable, "-m", "pytest", "-v", "-p", "no:cacheprovider", *arguments],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": path, "PYTEST_ADDOPTS": ""},
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )


def test_the_rules_are_tests_of_a_plugins_own_suite(install: Install, tmp_path: Path) -> None:
    install(PRINTING)
    text = 'from packc.testing import suite\n\nTestPluto = suite("pluto")\n'
    (tmp_path / "test_conformance.py").write_text(text)

    done = run_pytest(tmp_path)

    assert "test_conformance.py::TestPluto::test_deterministic PASSED" in done.stdout
    assert "test_conformance.py::TestPluto::test_quiet FAILED" in done.stdout
    assert "1 failed" in done.stdout


def test_the_rules_are_tests_where_pytest_is_told_so(install: Install, tmp_path: Path) -> None:
    install(PRINTING)
    options = ("-p", "packc.testing.pytest_plugin", "--packc-certify", "pluto")

    done = run_pytest(tmp_path, *options, "--packc-skip", "no-clock", "-rs", "-rf")

    assert done.returncode == 1
    assert "::deterministic PASSED" in done.stdout
    assert "::quiet FAILED" in done.stdout
    assert "::no-clock SKIPPED" in done.stdout
    assert "packc_pluto.py:6:1: error[PK241]: quiet:" in done.stdout


@pytest.mark.parametrize(
    "options",
    [("--packc-certify", "plutto"), ("--packc-certify", "pluto", "--packc-skip", "quite")],
)
def test_a_name_that_stands_for_nothing_is_one_error_of_usage(
    options: tuple[str, ...], install: Install, tmp_path: Path
) -> None:
    install(GOOD)

    done = run_pytest(tmp_path, "-p", "packc.testing.pytest_plugin", *options)

    assert done.returncode == pytest.ExitCode.USAGE_ERROR
    assert "did you mean" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_suite_for_a_plugin_that_there_is_not_is_one_error() -> None:
    with pytest.raises(PackcError, match="PK202"):
        suite("plutto")


def test_the_kit_does_not_import_pytest() -> None:
    code = "import packc.testing, sys; print('pytest' in sys.modules)"

    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True
    )

    assert done.stdout == "False\n"

"""`packc plugin certify`: its reports, its certificate, and the same rules as tests of pytest."""

from __future__ import annotations

import base64
import hashlib
import json
import os
import subprocess
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path
from xml.etree import ElementTree

import pytest

from packc.cli import main
from packc.diagnostics import PackcError
from packc.plugins import discover
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
    assert "  failed  quiet: see docs/plugins/rules/quiet.md\n" in out
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


def test_without_a_name_it_is_wrong_usage(capsys: pytest.CaptureFixture[str]) -> None:
    code = certify()

    assert code == 2
    assert "NAME is missing" in capsys.readouterr().err


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


def test_the_kit_does_not_import_pytest() -> None:
    code = "import packc.testing, sys; print('pytest' in sys.modules)"

    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True
    )

    assert done.stdout == "False\n"

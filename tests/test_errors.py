"""Every case folder of tests/errors/ gives exactly the text that it expects, and the docs keep up.

A case holds `command`, `expected.txt` (the exit code, then standard error), and the files that it
needs besides those of tests/errors/common/. What is in its `plugins/` counts as installed. Files
that no repository should hold are made here, in `MADE`. PACKC_UPDATE_CASES=1 rewrites what is
expected, and the examples in docs/diagnostics.md: read the diff.
"""

from __future__ import annotations

import ast
import hashlib
import importlib
import json
import os
import re
import shlex
import shutil
import subprocess
import sys
import tarfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from attrs import evolve
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from registries import served

from packc.cli import main
from packc.codes import CODES
from packc.model import OutputFile
from packc.publish.built import Built
from packc.publish.layout import write_layout
from packc.publish.manifest import pack_artifact, referrer
from packc.publish.model import MANIFEST, Artifact, Blob, Bundle, Descriptor
from packc.publish.package import Wish, package
from packc.publish.registry.tags import fallback_tag
from packc.publish.signing.bundle import BUNDLE, signature_artifact
from packc.publish.signing.keys import PrivateKey, read_private_key

ROOT = Path(__file__).parent.parent
ERRORS = ROOT / "tests" / "errors"
COMMON = ERRORS / "common"
PAGE = ROOT / "docs" / "diagnostics.md"
GENERATED = "<!-- From here on the page is made of packc/codes.py and tests/errors/. -->\n"
CASES = sorted(folder for folder in ERRORS.iterdir() if folder != COMMON)
# A message may begin with the object that it is about.
HEAD = re.compile(r"(?:error|warning|note)\[[A-Z]+\d+\]: (?:[A-Z][\w.]*/\S+: )?(.*)")
SELF_EXPLAINING = ("PK111", "PK131", "PK305", "PK311", "PK312", "PK501", "PK502")
"""Codes whose message says what is expected, so that some of their cases need no hint."""
IS_UPDATE = bool(os.environ.get("PACKC_UPDATE_CASES"))

SPEC = "pack/pack.yaml"
BASE = "pack/base/config.yaml"
PALETTE = "palette/demo-1.0.0"


# --- files that are made ----------------------------------------------------------------------


def _append(file: str, content: bytes) -> Callable[[Path], None]:
    def make(folder: Path) -> None:
        path = folder / file
        before = path.read_bytes() if path.exists() else b""
        path.write_bytes(before + content)

    return make


def _in_utf_16(folder: Path) -> None:
    spec = folder / SPEC
    spec.write_bytes(spec.read_text().encode("utf-16"))


def _link(file: str, target: str) -> Callable[[Path], None]:
    def make(folder: Path) -> None:
        path = folder / file
        if path.is_dir():
            shutil.rmtree(path)
        else:
            path.unlink()
        path.symlink_to(target)

    return make


def _linked_folder(folder: Path) -> None:
    shutil.copytree(folder / "pack" / "base", folder / "elsewhere")
    _link("pack/base", "../elsewhere")(folder)


def _bomb() -> bytes:
    levels = [f"l{n}: &l{n} [{', '.join([f'*l{n - 1}'] * 10)}]\n" for n in range(1, 9)]
    return ("l0: &l0 [lol, lol]\n" + "".join(levels)).encode()


def _nested(depth: int) -> bytes:
    return b"deep: " + b"[" * depth + b"]" * depth + b"\n"


def _deep_object(folder: Path) -> None:
    """Build by patches what no file may hold: 90 levels in 90 levels in 90 levels."""
    path, patch = "/data", "patches:\n- object: ConfigMap/demo\n  operations:\n"
    for _ in range(3):
        value = "{a: " * 90 + "{}" + "}" * 90
        patch += f"  - op: add\n    path: {path}/a\n    value: {value}\n"
        path += "/a" * 91
    (folder / "pack/patches/demo.yaml").write_text(patch)


def _without(*names: str) -> Callable[[Path], None]:
    def remove(folder: Path) -> None:
        for name in names:
            (folder / PALETTE / name).unlink()

    return remove


def _charts(beside: str) -> Callable[[Path], None]:
    """Return what packs a chart, with a folder beside it whose values.yaml is `beside`."""

    def make(folder: Path) -> None:
        chart = folder / PALETTE / "charts" / "side"
        chart.mkdir(parents=True)
        (chart / "Chart.yaml").write_text("apiVersion: v2\nname: side\nversion: 2.0.0\n")
        (chart / "values.yaml").write_text("size: 1\n")
        with tarfile.open(chart.parent / "side-2.0.0.tgz", "w:gz") as archive:
            archive.add(chart, "side")
        (chart / "values.yaml").write_text(beside)

    return make


def _jpeg(folder: Path) -> None:
    (folder / PALETTE / "logo.png").write_bytes(b"\xff\xd8\xff\xe0 a picture")


def _too_large(folder: Path) -> None:
    with (folder / "site.yaml").open("wb") as stream:
        stream.truncate(64 * 1024 * 1024 + 1)


def _locked(*changes: Callable[[Path], None]) -> Callable[[Path], None]:
    """Return what locks the pack, and changes files of it then."""

    def make(folder: Path) -> None:
        assert main(["lock", str(folder / "pack"), "--quiet"]) == 0
        for change in changes:
            change(folder)

    return make


def _replaced(file: str, old: bytes, new: bytes) -> Callable[[Path], None]:
    def make(folder: Path) -> None:
        path = folder / file
        path.write_bytes(path.read_bytes().replace(old, new))

    return make


# --- packs that are packaged ------------------------------------------------------------------


def _variant(change: Callable[[Path], None]) -> Callable[[Path], None]:
    """Return what builds the demo pack and then changes something in the variant's folder."""

    def make(folder: Path) -> None:
        options = ["--quiet", "--out", str(folder / "dist")]
        assert main(["build", str(folder / "pack"), *options]) == 0
        change(folder / "dist" / "demo" / "1.0" / "aws")

    return make


def _note_a_secret(variant: Path) -> None:
    record = json.loads((variant / "build.json").read_text())
    record["parameters"]["demo.size"]["value"] = "(secret)"
    (variant / "build.json").write_text(json.dumps(record))


def _key(folder: Path, number: int = 1) -> PrivateKey:
    """Write a key pair, k.key and k.pub."""
    (folder / "k.key").write_text(_pem(number))
    (folder / "k.key").chmod(0o644)
    key = read_private_key(str(folder / "k.key"), {})
    (folder / "k.pub").write_text(key.public.pem)
    return key


def _pem(number: int) -> str:
    """Return a private key that is nobody's secret: it is made of a small number."""
    key = ec.derive_private_key(number, ec.SECP256R1())
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()


def _key_in_a_pack(folder: Path) -> None:
    _key(folder)
    (folder / "k.key").rename(folder / PALETTE / "manifests" / "key.yaml")


def _layout(signed: Callable[[Artifact, PrivateKey], Artifact | None]) -> Callable[[Path], None]:
    """Return what packages the Palette pack, with what a function hangs on it."""

    def make(folder: Path) -> None:
        bundle = package(str(folder / PALETTE), Wish()).bundle
        referrer = signed(bundle.pack, _key(folder, 2))
        _key(folder)
        referrers = () if referrer is None else (referrer,)
        write_layout(evolve(bundle, referrers=referrers), folder / "layout")

    return make


def _of_another_pack(pack: Artifact, _: PrivateKey) -> Artifact:
    other = evolve(pack, content=pack.content + b"\n")
    ours = read_private_key("env://KEY", {"KEY": _pem(1)})
    signature = signature_artifact(other, ours)
    return referrer(pack, signature.blobs[1], signature.annotations)


def _of_no_form(pack: Artifact, key: PrivateKey) -> Artifact:
    annotations = signature_artifact(pack, key).annotations
    return referrer(pack, Blob(BUNDLE, b"{}"), annotations)


def _folder_of_git(variant: Path) -> None:
    (variant / ".git").mkdir()
    (variant / ".git" / "config").touch()


def _one_file_on_some_systems(folder: Path) -> None:
    """Write a layout as no `packc package` does."""
    files = (OutputFile("A.yaml", b"a: 1\n"), OutputFile("a.yaml", b"a: 2\n"))
    pack = pack_artifact(Built("demo", "1.0.0", "oci", files), tag="1.0.0")
    write_layout(Bundle(pack, "demo", "1.0.0", "oci"), folder / "layout")


def _damaged(folder: Path) -> None:
    _layout(lambda pack, key: None)(folder)
    empty = folder / "layout" / "blobs" / "sha256" / hashlib.sha256(b"{}").hexdigest()
    empty.write_bytes(b"[]")


def _another_source(folder: Path) -> None:
    """Package a variant with its provenance, then change the source of its pack."""
    assert main(["build", str(folder / "pack"), "-o", str(folder / "dist"), "-q"]) == 0
    variant = next((folder / "dist" / "demo").glob("*/aws"))
    bundle = package(str(variant), Wish(provenance=True)).bundle
    write_layout(bundle, folder / "layout")
    _append(BASE, b"  added: later\n")(folder)


def _in_a_registry(tag: str, lost: Descriptor | None = None) -> Callable[[Path], None]:
    """Return what lets the registry of a case serve the Palette pack under a tag.

    `lost` is what the registry says that refers to it, and does not have.
    """

    def make(folder: Path) -> None:
        pack = package(str(folder / PALETTE), Wish()).bundle.pack
        base = "GET /v2/packs/demo/"
        bodies = {f"manifests/{tag}": pack.content}
        bodies |= {f"blobs/{blob.digest}": blob.content for blob in pack.blobs}
        index = {"manifests": [lost.as_json()] if lost else []}
        bodies |= {f"manifests/{fallback_tag(pack.digest)}": json.dumps(index).encode()}
        answers = {
            f"{base}{name}": {"status": 200, "body": body.decode("latin-1")}
            for name, body in bodies.items()
        }
        (folder / "surroundings.json").write_text(json.dumps({"answers": answers}))

    return make


MADE: Mapping[str, Callable[[Path], None]] = {
    "PK101-values-file-is-a-pipe": lambda folder: os.mkfifo(folder / "site.yaml"),
    "PK101-values-file-is-too-large": _too_large,
    "PK102-in-values-file": _append("site.yaml", b"demo.size: 4 # caf\xe9\n"),
    "PK102-inner-byte-order-mark": _append(SPEC, b"\xef\xbb\xbfnotes: []\n"),
    "PK102-invalid-utf-8": _append(SPEC, b"# caf\xe9\n"),
    "PK102-null-character": _append(SPEC, b"homepage: 'https://example.org/\0'\n"),
    "PK102-utf-16": _in_utf_16,
    "PK105-anchor-bomb": _append(BASE, _bomb()),
    "PK105-deep-nesting": _append(BASE, _nested(10_000)),
    "PK120-link": _link(BASE, "/etc/hostname"),
    "PK120-linked-folder": _linked_folder,
    "PK502-too-deep": _deep_object,
    "PK234-base-file-has-changed": _locked(_append(BASE, b"# changed\n")),
    "PK234-line-ends": _locked(_replaced(BASE, b"\n", b"\r\n")),
    "PK234-plugin-is-not-installed": _locked(
        _replaced(
            "pack/packc.lock",
            b'"features": {}',
            b'"features": {"moon": {"digest": "sha256:0", "name": "demo-moon", "version": "1.0"}}',
        )
    ),
    "PK235-cloud-that-is-not-locked": _locked(),
    "PK602-link": _variant(lambda variant: (variant / "link").symlink_to("manifests.yaml")),
    "PK603-case-alone": lambda folder: (folder / PALETTE / "Values.yaml").touch(),
    "PK603-device-of-windows": _variant(lambda variant: (variant / "aux.yaml").touch()),
    "PK603-folder-of-git": _variant(_folder_of_git),
    "PK603-line-end": _variant(lambda variant: (variant / "two\nlines.yaml").touch()),
    "PK604-large-file": _variant(_too_large),
    "PK606-edited": _variant(lambda variant: (variant / "manifests.yaml").write_text("edited")),
    "PK607-empty-record": _variant(lambda variant: (variant / "build.json").write_text("{}")),
    "PK608-in-a-manifest": _key_in_a_pack,
    "PK609-secret-parameter": _variant(_note_a_secret),
    "PK613-one-file-on-some-systems": _one_file_on_some_systems,
    "PK614-changed-blob": _damaged,
    "PK616-public-key": lambda folder: _key(folder) and None,
    "PK617-readable-by-others": lambda folder: _key(folder) and None,
    "PK620-empty-bundle": _layout(_of_no_form),
    "PK621-another-key": _layout(signature_artifact),
    "PK622-moved-here": _layout(_of_another_pack),
    "PK623-unsigned": _layout(lambda pack, key: None),
    "PK638-moving-tag": _in_a_registry("latest"),
    "PK639-lost-referrer": _in_a_registry("1.0.0", Descriptor(MANIFEST, f"sha256:{'0' * 64}", 2)),
    "PK640-packaged-already": _layout(lambda pack, key: None),
    "PK642-another-source": _another_source,
    "PK643-no-provenance": _layout(lambda pack, key: None),
    "PK644-nobody-knows": _layout(lambda pack, key: None),
    "PK954-no-logo-and-no-readme": _without("logo.png", "README.md"),
    "PK958-folder-is-another-chart": _charts("size: 2\n"),
    "PK960-another-version": _charts("size: 1\n"),
    "PK973-jpeg": _jpeg,
}


# --- the cases --------------------------------------------------------------------------------


@pytest.fixture
def installed(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[Path], None]]:
    """Return a function that puts a folder with distributions on the path for one test."""
    modules = set(sys.modules)

    def install(folder: Path) -> None:
        monkeypatch.syspath_prepend(str(folder))
        monkeypatch.setattr(sys, "dont_write_bytecode", True)

    yield install
    for name in set(sys.modules) - modules:
        if name.startswith(("demo_", "other_")):
            del sys.modules[name]
    importlib.invalidate_caches()


def _prepare(case: Path, folder: Path) -> list[str]:
    """Put a case's files into a folder and return the arguments of its command."""
    shutil.copytree(COMMON, folder, dirs_exist_ok=True)
    shutil.copytree(case, folder, dirs_exist_ok=True)
    MADE.get(case.name, lambda _: None)(folder)
    arguments = shlex.split((case / "command").read_text())
    if "calico" in arguments:
        (folder / "calico").symlink_to(ROOT / "packs" / "calico")
    return arguments


def _expected(case: Path) -> str:
    return (case / "expected.txt").read_text()


def _code(case: Path) -> str:
    return case.name.partition("-")[0]


@contextmanager
def _surroundings(file: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Set up what a case's file says: modules that are missing, variables, a registry's answers.

    The registry is reached as registry.example, in plain HTTP through a proxy.
    """
    data = json.loads(file.read_text()) if file.exists() else {}
    for name in data.get("missing", ()):
        monkeypatch.setitem(sys.modules, name, None)
    for name, value in data.get("environment", {}).items():
        monkeypatch.setenv(name, value)
    if "answers" not in data:
        yield
        return

    def answer(handler: Any) -> None:
        path = urlsplit(handler.path).path
        entry = data["answers"].get(f"{handler.command} {path}", {"status": 404})
        handler.reply(
            entry["status"], entry.get("headers", {}), entry.get("body", "").encode("latin-1")
        )

    with served(answer) as host:
        monkeypatch.setenv("http_proxy", f"http://{host}")
        yield


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_a_case_gives_the_text_that_it_expects(
    case: Path,
    tmp_path: Path,
    installed: Callable[[Path], None],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    arguments = _prepare(case, tmp_path)
    installed(tmp_path / "plugins")
    monkeypatch.chdir(tmp_path)

    with _surroundings(tmp_path / "surroundings.json", monkeypatch):
        code = main(arguments)

    found = f"exit {code}\n{capsys.readouterr().err}"
    if IS_UPDATE:
        (case / "expected.txt").write_text(found)
    assert found == _expected(case)
    assert f"[{_code(case)}]" in found


def test_the_command_itself_gives_the_same_text(tmp_path: Path) -> None:
    """One case as a process of its own: what the tests above call is what a user runs."""
    case = ERRORS / "PK205-hook-raises"
    arguments = _prepare(case, tmp_path)
    path = os.pathsep.join([str(tmp_path / "plugins"), *filter(None, sys.path)])

    run = subprocess.run(
        [sys.executable, "-m", "packc", *arguments],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": path},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )

    assert f"exit {run.returncode}\n{run.stderr}" == _expected(case)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_an_expected_text_keeps_to_the_style(case: Path) -> None:
    code, *lines = _expected(case).splitlines()
    messages = [match[1] for line in lines if (match := HEAD.search(line))]
    hints = [line for line in lines if line.startswith("  hint: ")]

    assert code in [f"exit {number}" for number in (0, 1, 3, 4, 5, 6)]
    assert all("Traceback" not in line for line in lines)
    assert messages
    assert len(hints) == len(messages) or _code(case) in SELF_EXPLAINING
    for message in messages:
        assert not message.endswith(".")
        assert not message[0].isupper()


def test_no_secret_is_in_an_expected_text() -> None:
    words = ("HUNTER2", "hunter2", "c2VjcmV0")

    leaks = [case.name for case in CASES if any(word in _expected(case) for word in words)]

    assert leaks == []


# --- the table, the page and the source -------------------------------------------------------


def _raised(folder: Path, pattern: str) -> set[str]:
    """Return the codes that stand as string constants in the Python files below a folder."""
    files = [file for file in folder.rglob("*.py") if file.name != "codes.py"]
    nodes = (node for file in files for node in ast.walk(ast.parse(file.read_text("utf-8"))))
    constants = (node.value for node in nodes if isinstance(node, ast.Constant))
    return {text for text in constants if isinstance(text, str) and re.fullmatch(pattern, text)}


def test_the_table_holds_the_codes_that_the_source_raises() -> None:
    raised = _raised(ROOT / "packc", r"PK\d{3}")

    assert raised == set(CODES)
    assert list(CODES) == sorted(CODES)


def test_each_code_of_packc_has_a_case() -> None:
    assert {_code(case) for case in CASES if case.name.startswith("PK")} == set(CODES)


def test_each_made_file_belongs_to_a_case() -> None:
    assert set(MADE) <= {case.name for case in CASES}


def test_the_page_names_the_codes_of_the_plugins_in_this_repository() -> None:
    raised = _raised(ROOT / "plugins", r"(?!PK)[A-Z]+\d{3}")

    assert set(re.findall(r"^\| `(\w+)` \|", PAGE.read_text(), re.MULTILINE)) == raised


def test_the_page_holds_each_code_with_a_real_example() -> None:
    written, _, _ = PAGE.read_text().partition(GENERATED)
    page = written + GENERATED + "\n" + "\n".join([_section(code) for code in CODES])
    if IS_UPDATE:
        PAGE.write_text(page)

    assert PAGE.read_text() == page


def test_the_page_shows_one_case_as_text_and_as_json(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    case = ERRORS / "PK135-kubernetes-disagrees"
    arguments = _prepare(case, tmp_path)
    monkeypatch.chdir(tmp_path)

    main([*arguments, "--output", "json"])

    (diagnostic,) = json.loads(capsys.readouterr().out)["diagnostics"]
    text = _expected(case).partition("\n")[2].partition("\n\n")[0]
    assert f"```text\n{text}\n```\n" in PAGE.read_text()
    assert f"```json\n{json.dumps(diagnostic, indent=2)}\n```\n" in PAGE.read_text()


def test_the_page_lists_the_exit_codes() -> None:
    from packc.cli import BUG, INTERRUPTED, OK, USAGE, WRONG

    listed = re.findall(r"^\| (\d+) \|", PAGE.read_text(), re.MULTILINE)

    assert [int(code) for code in listed] == [OK, WRONG, USAGE, BUG, INTERRUPTED]


def _section(code: str) -> str:
    entry = CODES[code]
    case = next(case for case in CASES if _code(case) == code)
    _, _, text = _expected(case).partition("\n")
    command = (case / "command").read_text().strip()
    return (
        f"### {code}: {entry.meaning}\n\n{entry.way_out}\n\n"
        f"```console\n$ packc {command}\n{text.rstrip()}\n```\n"
    )

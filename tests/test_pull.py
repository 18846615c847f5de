"""`packc pull` verifies before it writes, writes inside of the folder only, and all or nothing."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import tarfile
import time
from collections.abc import Callable
from io import BytesIO
from pathlib import Path

import pytest
from attrs import evolve
from registries import docker_registry, key_pair

from packc.cli import main
from packc.formats.archive import stored_gzip
from packc.model import OutputFile
from packc.publish.built import Built
from packc.publish.extract import extract
from packc.publish.layout import write_layout
from packc.publish.manifest import CONTENT, LAYER, artifact, pack_artifact
from packc.publish.model import Artifact, Blob, Bundle, digest_of

ENVIRONMENT = os.environ | {"PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
FILES = (OutputFile("a/b/one.yaml", b"one: 1\n"), OutputFile("two.yaml", b"two: 2\n"))


def bundle(pack: Artifact) -> Bundle:
    return Bundle(pack, "demo", "1.0.0", "oci")


def pack(*files: OutputFile) -> Artifact:
    return pack_artifact(Built("demo", "1.0.0", "oci", files), tag="1.0.0")


def contents(folder: Path) -> dict[str, bytes]:
    files = (path for path in folder.rglob("*") if path.is_file())
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in files}


@pytest.fixture
def layout(tmp_path: Path) -> Path:
    write_layout(bundle(pack(*FILES)), tmp_path / "layout")
    return tmp_path / "layout"


def pull(source: object, out: Path, *options: str) -> int:
    return main(["pull", str(source), "-o", str(out), *(options or ("--no-verify",))])


def test_the_files_are_those_that_were_packaged(layout: Path, tmp_path: Path) -> None:
    assert pull(layout, tmp_path / "out") == 0

    assert contents(tmp_path / "out") == {file.name: file.content for file in FILES}


@pytest.mark.parametrize(
    ("umask", "file", "folder"), [(0o022, "644", "755"), (0o077, "600", "700")]
)
def test_the_umask_says_who_may_read_the_files(
    layout: Path, tmp_path: Path, umask: int, file: str, folder: str
) -> None:
    command = [sys.executable, "-m", "packc", "pull", str(layout), "--no-verify", "-o", "out"]

    subprocess.run(command, cwd=tmp_path, env=ENVIRONMENT, umask=umask, check=True)

    assert oct((tmp_path / "out/a/b/one.yaml").stat().st_mode)[-3:] == file
    assert {oct((tmp_path / each).stat().st_mode)[-3:] for each in ("out", "out/a")} == {folder}


def test_that_nothing_is_verified_is_said_aloud(
    layout: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert pull(layout, tmp_path / "out") == 0

    assert "warning[PK644]" in capsys.readouterr().err


def test_what_is_not_verified_is_not_written(layout: Path, tmp_path: Path) -> None:
    _, public = key_pair(tmp_path)

    assert pull(layout, tmp_path / "out", "--key", public) == 6
    assert not (tmp_path / "out").exists()


@pytest.mark.tool("docker-registry")
def test_a_pack_of_a_registry_is_verified_and_written(
    small: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    private, public = key_pair(tmp_path)
    assert main(["build", str(small), "--cloud", "aws", "-o", str(tmp_path / "d"), "-q"]) == 0
    built = tmp_path / "d/small/1.0.0/aws"
    with docker_registry(tmp_path / "registry") as host:
        plain = ["--plain-http", "--output", "json"]
        target = f"oci://{host}/packs/small"
        assert main(["publish", str(built), target, "--key", private, *plain]) == 0
        capsys.readouterr()
        code = pull(f"{target}:1.0.0", tmp_path / "out", "--key", public, *plain)

    assert code == 0
    report = json.loads(capsys.readouterr().out)
    assert report["verified"] is True
    assert sorted(report["files"]) == ["NOTES.md", "manifests.yaml"]
    for name in report["files"]:
        assert (tmp_path / "out" / name).read_bytes() == (built / name).read_bytes()


# --- places -----------------------------------------------------------------------------------


@pytest.mark.parametrize("make", [Path.touch, lambda p: p.symlink_to("."), lambda p: p.mkdir()])
def test_what_is_there_already_stays(
    layout: Path, tmp_path: Path, make: Callable[[Path], None]
) -> None:
    out = tmp_path / "out"
    make(out)
    if out.is_dir() and not out.is_symlink():
        (out / "mine").write_text("mine")
    before = sorted(tmp_path.rglob("*"))

    assert pull(layout, out) == 1
    assert sorted(tmp_path.rglob("*")) == before


def test_an_empty_folder_is_filled(layout: Path, tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()

    assert pull(layout, tmp_path / "out") == 0
    assert contents(tmp_path / "out")


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_a_folder_that_cannot_be_written_is_an_error(layout: Path, tmp_path: Path) -> None:
    (tmp_path / "closed").mkdir(mode=0o500)

    assert pull(layout, tmp_path / "closed/out") == 1


# --- hostile archives -------------------------------------------------------------------------


def member(name: str, kind: bytes = tarfile.REGTYPE, link: str = "") -> tarfile.TarInfo:
    info = tarfile.TarInfo(name)
    info.type, info.linkname = kind, link
    return info


HOSTILE = {
    "an absolute name": [member("/etc/passwd")],
    "a name that leaves": [member("../outside")],
    "a name that leaves later": [member("a/../../outside")],
    "a name of Windows": [member("a\\b")],
    "a link": [member("a", tarfile.SYMTYPE, "/etc")],
    "a link, then through it": [member("a", tarfile.SYMTYPE, "/tmp"), member("a/b")],
    "a hard link": [member("a", tarfile.LNKTYPE, "/etc/passwd")],
    "a device": [member("a", tarfile.CHRTYPE)],
    "a pipe": [member("a", tarfile.FIFOTYPE)],
    "a name twice": [member("a"), member("a")],
    "a file that is a folder": [member("a"), member("a/b")],
    "no name": [member("")],
    "nothing in it": [],
    "folders only": [member("a", tarfile.DIRTYPE)],
    "names that differ by case alone": [member("Values.yaml"), member("values.yaml")],
    "names that differ by the case of a folder": [member("A/b"), member("a/b")],
    "a file that is a folder in another case": [member("A"), member("a/b")],
    "an accent written in two ways": [member("\u00e9"), member("e\u0301")],
    "a name with what nobody sees": [member("a"), member("a\u200b")],
    "a line end in a name": [member("a\nb")],
    "an escape sequence in a name": [member("\x1b[2J")],
    "a name that is not UTF-8": [member("\udcff")],
    "a very long name": [member("a/" * 500_000 + "b")],
    "a hook of git": [member(".git/hooks/post-checkout")],
    "a hook of git further in": [member("a/.GIT/hooks/post-checkout")],
    "a link of git": [member("a/.git")],
    "git's short name on Windows": [member("GIT~1/config")],
    "another short name of git": [member("git~2/config")],
    "a stream of Windows": [member(".git::$INDEX_ALLOCATION/config")],
    "a device of Windows": [member("a/aux.yaml")],
    "a name that ends in a dot": [member("a./b")],
    "a part of a name that is too long": [member("a" * 256)],
    "a name that is shown as another": [member("a\u202elmay.b")],
    "a name on two lines": [member("a\u2028b")],
    "git's folder as Windows reads it": [member(".git. /config")],
    "git's folder as macOS reads it": [member(".g\u200cit/config")],
}


@pytest.mark.parametrize("name", HOSTILE)
def test_nothing_is_written_of_an_archive_with(
    tmp_path: Path, name: str, capsys: pytest.CaptureFixture[str]
) -> None:
    stream = BytesIO()
    with tarfile.open(fileobj=stream, mode="w", format=tarfile.PAX_FORMAT) as archive:
        for info in HOSTILE[name]:
            archive.addfile(info)
    write_layout(bundle(with_layer(stream.getvalue())), tmp_path / "layout")
    before = sorted(tmp_path.rglob("*"))

    assert pull(tmp_path / "layout", tmp_path / "out") == 6
    err = capsys.readouterr().err
    assert "error[PK613]" in err
    assert err.replace("\n", "").isprintable()
    assert sorted(tmp_path.rglob("*")) == before


@pytest.mark.parametrize("name", [".gitignore", ".github/x", "a.git", "git", "a/b.GIT", "GIT~x"])
def test_what_is_not_the_folder_of_git_is_written(tmp_path: Path, name: str) -> None:
    write_layout(bundle(pack(OutputFile(name, b"x"))), tmp_path / "layout")

    assert pull(tmp_path / "layout", tmp_path / "out") == 0
    assert contents(tmp_path / "out") == {name: b"x"}


def with_layer(content: bytes) -> Artifact:
    """Return a pack that holds this tar, and says so."""
    good = pack(*FILES)
    annotations = {**good.annotations, CONTENT: digest_of(content)}
    layer = Blob(LAYER, stored_gzip(content))
    made = artifact(good.artifact_type, good.blobs[0], [layer], annotations)
    return evolve(made, tag="1.0.0")


# --- interrupted ------------------------------------------------------------------------------


def test_a_pull_that_is_killed_shows_nothing_or_all(tmp_path: Path) -> None:
    files = [OutputFile(f"{number}.yaml", b"x" * 100) for number in range(300)]
    write_layout(bundle(pack(*files)), tmp_path / "layout")
    command = [sys.executable, "-m", "packc", "pull", str(tmp_path / "layout"), "--no-verify", "-q"]
    seen = []
    for number in range(6):
        out = tmp_path / f"out-{number}"
        with subprocess.Popen([*command, "-o", str(out)]) as process:
            while not list(tmp_path.glob(f".{out.name}-*")) and process.poll() is None:
                time.sleep(0.001)
            time.sleep(number * 0.01)
            process.send_signal(signal.SIGKILL)
        seen.append(len(contents(out)) if out.exists() else 0)
        assert out.exists() or main([*command[3:], "-o", str(out)]) == 0
        assert len(contents(out)) == 300

    assert set(seen) <= {0, 300}
    assert 0 in seen


def test_files_are_written_beside_and_given_their_name_at_once(tmp_path: Path) -> None:
    out = tmp_path / "deep" / "out"

    extract(FILES, out)

    assert sorted(path.name for path in out.parent.iterdir()) == ["out"]

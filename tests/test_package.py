"""`packc package`: the same files give the same digest everywhere, and nothing unfit gets in."""

from __future__ import annotations

import base64
import json
import os
import shutil
import socket
import subprocess
import sys
import tarfile
import time
import unicodedata
from collections.abc import Callable, Iterator, Mapping
from io import BytesIO
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Literal

import pytest
from attrs import evolve
from hypothesis import given, settings
from hypothesis import strategies as st

from packc.cli import main
from packc.diagnostics import PackcError
from packc.formats.archive import stored_gzip, tar
from packc.model import OutputFile
from packc.publish import archive as archives
from packc.publish import folder as folders
from packc.publish.archive import content_of, files_of, packed, unpacked
from packc.publish.folder import read_folder
from packc.publish.layout import BLOBS, layout_files, write_layout
from packc.publish.manifest import created_at
from packc.publish.model import Bundle, canonical, digest_of
from packc.publish.names import fault_of, one_on_some_systems
from packc.publish.package import Wish, package
from packc.publish.private import private_findings
from packc.publish.reading import read_bundle
from packc.publish.references import Reference, check_tag
from packc.record import sha256

MANIFESTS = b"apiVersion: v1\nkind: ConfigMap\nmetadata: {name: demo}\n"
LOGO = Path(__file__).parent / "errors" / "common" / "palette" / "demo-1.0.0" / "logo.png"
IMAGES = ["quay.io/demo/app:v1", "busybox"]
# Written down once: a change of these bytes changes the digest of every pack that is published.
GOLDEN_OCI = "sha256:5e2419bc5a2b89ab22380dd47dfc301efc6e046ac9829c954ac4f5974d47de12"
GOLDEN_PALETTE = "sha256:da99b193617d6c4027bd142326e9e93cf539b065b75a0554bfc6bf68e7adc72a"


def write_variant(folder: Path, files: Mapping[str, bytes] | None = None, **changes: Any) -> Path:
    """Write what `packc build` writes for a variant, as far as packaging looks at it."""
    files = {"manifests.yaml": MANIFESTS, "NOTES.md": b"# demo\n"} if files is None else files
    record = {
        "edition": 1,
        "format": 1,
        "images": IMAGES,
        "inputs": [{"name": "pack.yaml", "digest": sha256(b"spec")}],
        "outputs": {
            name: {"bytes": len(content), "digest": sha256(content)}
            for name, content in files.items()
        },
        "pack": {"name": "demo", "version": "1.0.0"},
        "packc": "0.1.0",
        "parameters": {"demo.size": {"value": 3, "source": {"kind": "default"}}},
        "plugins": [
            {"name": "aws", "distribution": "packc", "version": "0.1.0", "digest": sha256(b"aws")}
        ],
        "valuesFiles": [],
        "variant": {"name": "aws", "cloud": "aws", "features": []},
        **changes,
    }
    for name, content in {**files, "build.json": json.dumps(record).encode()}.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(content)
    return folder


def write_palette(folder: Path, **about: Any) -> Path:
    """Write a small Palette pack, without a build record."""
    folder.mkdir(parents=True)
    about = {"name": "demo-pack", "version": "1.0.0", "layer": "addon", **about}
    (folder / "pack.json").write_text(json.dumps(about))
    (folder / "values.yaml").write_text("pack: {content: {images: [{image: 'busybox:1'}]}}\n")
    return folder


def failure(call: Callable[[], Any]) -> str:
    """Return the codes and texts of the error that a call raises."""
    with pytest.raises(PackcError) as caught:
        call()
    return str(caught.value)


def packaged(folder: Path, **wish: Any) -> Bundle:
    return package(str(folder), Wish(**wish)).bundle


@pytest.fixture
def variant(tmp_path: Path) -> Path:
    return write_variant(tmp_path / "variant")


# --- the same digest everywhere ---------------------------------------------------------------


def test_the_digests_of_a_sample_never_change(variant: Path, tmp_path: Path) -> None:
    palette = write_palette(tmp_path / "demo")

    digests = packaged(variant).pack.digest, packaged(palette).pack.digest

    assert digests == (GOLDEN_OCI, GOLDEN_PALETTE)


@pytest.mark.parametrize(
    "python",
    [
        pytest.param(name, marks=pytest.mark.tool(name))
        for name in ("python3.11", "python3.12", "python3.13")
    ],
)
def test_every_supported_python_gives_the_golden_digest(
    variant: Path, tmp_path: Path, python: str, installed: Callable[[str], Path]
) -> None:
    out = tmp_path / "out.oci.tar"

    done = subprocess.run(
        [installed(python), "package", variant, "-o", out], capture_output=True, text=True
    )

    assert done.stdout == f"{GOLDEN_OCI}\n", done.stderr
    write_layout(packaged(variant), tmp_path / "here.oci.tar")
    assert out.read_bytes() == (tmp_path / "here.oci.tar").read_bytes()


def test_times_modes_the_umask_and_the_environment_change_nothing(
    variant: Path, tmp_path: Path
) -> None:
    expected = tmp_path / "expected.oci.tar"
    write_layout(packaged(variant), expected)
    for age, file in enumerate(sorted(variant.iterdir())):
        file.chmod(0o755 if age % 2 else 0o600)
        os.utime(file, (age * 86_400, age * 86_400))
    changes = {"TZ": "Pacific/Kiritimati", "LC_ALL": "C", "PYTHONHASHSEED": "7", "USER": "x"}

    done = subprocess.run(
        [sys.executable, "-m", "packc", "package", variant, "-o", tmp_path / "out.oci.tar"],
        env=os.environ | changes | {"PYTHONPATH": os.pathsep.join(filter(None, sys.path))},
        umask=0o077,
        cwd=tmp_path,
        capture_output=True,
        text=True,
    )

    assert done.returncode == 0, done.stderr
    assert (tmp_path / "out.oci.tar").read_bytes() == expected.read_bytes()


@pytest.mark.parametrize(
    ("umask", "file", "folder"), [(0o022, 0o644, 0o755), (0o077, 0o600, 0o700)]
)
def test_the_umask_says_who_may_read_a_layout(
    variant: Path, tmp_path: Path, umask: int, file: int, folder: int
) -> None:
    for name in ("layout", "out.oci.tar"):
        subprocess.run(
            [sys.executable, "-m", "packc", "package", variant, "-o", tmp_path / name, "-q"],
            env=os.environ | {"PYTHONPATH": os.pathsep.join(filter(None, sys.path))},
            umask=umask,
            check=True,
        )

    made = [tmp_path / "out.oci.tar", *(tmp_path / "layout").rglob("*")]
    assert {path.stat().st_mode & 0o777 for path in made if path.is_file()} == {file}
    assert {path.stat().st_mode & 0o777 for path in made if path.is_dir()} == {folder}


def test_the_record_and_the_release_of_packc_do_not_change_the_digest(tmp_path: Path) -> None:
    new = write_variant(tmp_path / "new", packc="9.9.9", inputs=[])
    old = write_variant(tmp_path / "old")

    assert packaged(new).pack.digest == packaged(old).pack.digest


def test_the_layer_of_a_palette_pack_is_the_archive_that_the_build_wrote(
    small: Path, tmp_path: Path
) -> None:
    with (small / "pack.yaml").open("a") as spec:
        spec.write("logo: logo.png\n")
        spec.write("palette: {layer: os, cloudTypes: {aws: aws, azure: azure}}\n")
    shutil.copy(LOGO, small / "logo.png")
    options = ["--format", "palette", "--quiet", "-o", str(tmp_path / "dist")]
    assert main(["build", str(small), *options]) == 0
    folder = tmp_path / "dist" / "small" / "1.0.0" / "palette"

    bundle = packaged(folder)

    (archive,) = folder.glob("*.tar.gz")
    assert archive.name == f"{bundle.name}-{bundle.version}.tar.gz"
    assert bundle.pack.blobs[1].content == archive.read_bytes()


def test_the_palette_manifest_is_what_oras_1_0_writes(tmp_path: Path) -> None:
    pack = packaged(write_palette(tmp_path / "demo"), created="2026-01-02T03:04:05Z").pack

    layer = pack.blobs[1]
    assert pack.content.decode() == (
        '{"schemaVersion":2,"mediaType":"application/vnd.oci.image.manifest.v1+json",'
        '"config":{"mediaType":"application/vnd.unknown.config.v1+json","digest":'
        '"sha256:44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a","size":2},'
        '"layers":[{"mediaType":"application/vnd.oci.image.layer.v1.tar","digest":'
        f'"{layer.digest}","size":{len(layer.content)},'
        '"annotations":{"org.opencontainers.image.title":"demo-pack-1.0.0.tar.gz"}}],'
        '"annotations":{"org.opencontainers.image.created":"2026-01-02T03:04:05Z"}}'
    )


def test_the_oci_manifest_has_one_layer_of_the_standard_type(variant: Path) -> None:
    pack = packaged(variant, annotations={"org.opencontainers.image.source": "https://u:p@h/r"})

    manifest = json.loads(pack.pack.content)
    assert [layer["mediaType"] for layer in manifest["layers"]] == [
        "application/vnd.oci.image.layer.v1.tar+gzip"
    ]
    assert manifest["artifactType"] == "application/vnd.packc.pack.v1"
    assert manifest["annotations"]["org.opencontainers.image.source"] == "https://h/r"
    assert manifest["annotations"]["dev.packc.images"] == "busybox,quay.io/demo/app:v1"
    assert canonical(manifest) == pack.pack.content
    names = [file.name for file in files_of(unpacked(pack.pack.blobs[1].content))]
    assert names == ["NOTES.md", "manifests.yaml"]


def test_a_tree_holds_each_variant_in_a_folder(tmp_path: Path) -> None:
    for name in ("aws", "azure"):
        variant = {"name": name, "cloud": name, "features": []}
        write_variant(tmp_path / "tree" / name, variant=variant)

    bundle = packaged(tmp_path / "tree")

    files = files_of(unpacked(bundle.pack.blobs[1].content))
    assert [file.name for file in files] == [
        f"{cloud}/{name}" for cloud in ("aws", "azure") for name in ("NOTES.md", "manifests.yaml")
    ]
    assert bundle.pack.annotations["dev.packc.variants"] == "aws,azure"


@pytest.mark.parametrize("text", ["-1", "1e9", "9" * 13, "999999999999", "٣", " 1"])
def test_a_broken_time_is_an_error(text: str) -> None:
    assert "PK615" in failure(lambda: created_at({"SOURCE_DATE_EPOCH": text}))


def test_the_time_is_that_of_source_date_epoch_or_none() -> None:
    assert created_at({"SOURCE_DATE_EPOCH": "1700000000"}) == "2023-11-14T22:13:20Z"
    assert created_at({}) is None


# --- the archive ------------------------------------------------------------------------------

WORDS = st.text(
    st.characters(blacklist_categories=("Cs", "Cc"), blacklist_characters="/\\"),
    min_size=1,
    max_size=120,
).filter(lambda word: word not in (".", "..") and len(word.encode()) < 200)
TREES = st.dictionaries(
    st.lists(WORDS, min_size=1, max_size=3).map("/".join),
    st.binary(max_size=2000),
    min_size=1,
    max_size=6,
).filter(lambda files: not any(map(fault_of, files)) and not one_on_some_systems(files))


@given(TREES)
def test_an_archive_gives_back_its_files(files: dict[str, bytes]) -> None:
    given_files = [OutputFile(name, content) for name, content in files.items()]

    content = content_of(given_files)

    assert {file.name: file.content for file in files_of(content)} == files
    assert content_of(reversed(given_files)) == content
    for compression in ("none", "gzip"):
        assert unpacked(packed(content, compression)) == content
    with tarfile.open(fileobj=BytesIO(packed(content, "none")), mode="r:gz") as archive:
        assert archive.getnames() == sorted(files, key=str.encode)


@pytest.mark.parametrize("size", [0, 1, 65_535, 65_536, 200_000])
def test_gnu_tar_and_gzip_read_the_archive(tmp_path: Path, size: int) -> None:
    long = "long-" * 30 + "ü/" + "file"
    files = [OutputFile(long, b"x" * size), OutputFile("plain", b"")]
    (tmp_path / "layer.tar.gz").write_bytes(packed(content_of(files), "none"))

    subprocess.run(["tar", "xzf", "layer.tar.gz"], cwd=tmp_path, check=True)

    assert (tmp_path / long).read_bytes() == b"x" * size
    subprocess.run(["gzip", "-t", "layer.tar.gz"], cwd=tmp_path, check=True)


def _hostile() -> Iterator[tuple[str, tarfile.TarInfo]]:
    for name in ("../x", "/x", "a/../x", "a//x", "./x", "a\\x"):
        yield name, tarfile.TarInfo(name)
    for kind in (tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.CHRTYPE, tarfile.FIFOTYPE):
        entry = tarfile.TarInfo("link")
        entry.type, entry.linkname = kind, "/etc/passwd"
        yield kind.decode(), entry


@pytest.mark.parametrize("entry", [each for _, each in _hostile()], ids=[n for n, _ in _hostile()])
def test_a_hostile_archive_is_refused(entry: tarfile.TarInfo) -> None:
    stream = BytesIO()
    with tarfile.open(fileobj=stream, mode="w") as archive:
        archive.addfile(entry)

    assert "PK613" in failure(lambda: files_of(stream.getvalue()))


@pytest.mark.parametrize("names", [["a", "a"], ["a", "a/b"]])
def test_a_name_twice_is_refused(names: list[str]) -> None:
    content = tar(OutputFile(name, b"") for name in names)

    assert "PK613" in failure(lambda: files_of(content))


def test_a_bomb_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """With a limit of a megabyte, so that the test need not make a real one."""
    monkeypatch.setattr(archives, "_MAX_TAR", 1024 * 1024)
    bomb = packed(b"\0" * (1024 * 1024 + 1), "gzip")

    assert "PK613" in failure(lambda: unpacked(bomb))


@pytest.mark.parametrize("content", [b"", b"no gzip", stored_gzip(b"x")[:-1], stored_gzip(b"") * 2])
def test_a_damaged_archive_is_refused(content: bytes) -> None:
    assert "PK613" in failure(lambda: unpacked(content))


# --- reading a folder -------------------------------------------------------------------------


def _socket(path: Path) -> None:
    server = socket.socket(socket.AF_UNIX)
    server.bind(str(path))
    server.close()


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda path: path.symlink_to("/etc/hostname"), "symbolic link"),
        (lambda path: path.symlink_to("."), "symbolic link"),
        (lambda path: path.symlink_to("nowhere"), "symbolic link"),
        (os.mkfifo, "pipe"),
        (_socket, "socket"),
    ],
)
def test_what_is_no_file_is_refused(
    tmp_path: Path, make: Callable[[Path], None], words: str
) -> None:
    make(tmp_path / "x")

    assert f"PK602: '{tmp_path}/x' is a {words}" in failure(lambda: read_folder(tmp_path))


@pytest.mark.parametrize("name", [b"\xff", b"new\nline", b"back\\slash", b"\x1b[31m"])
def test_a_name_that_not_every_system_holds_is_refused(tmp_path: Path, name: bytes) -> None:
    Path(os.fsdecode(os.fsencode(tmp_path) + b"/" + name)).touch()

    text = failure(lambda: read_folder(tmp_path))

    assert "PK603" in text
    assert text.isprintable()


PORTABLE = {
    "a backslash or a control": ["a\\b", "a\x7f"],
    "a character by which it looks": [
        *map(chr, range(0x202A, 0x202F)),
        *map(chr, range(0x2066, 0x206A)),
    ],
    "looks like another": ["a\u2028b", "a/b\u2029/c"],
    "a place of git's own": ["git~1", "a/GIT~2/config", "Git~9", ".git ./config"],
    "has a ':'": ["a:b", ".git::$INDEX_ALLOCATION/config", "c:/a"],
    "which Windows refuses": ["a<b", "a>b", 'a"b', "a|b", "a?b/c", "*"],
    "that of a device": [
        *("con", "PRN.yaml", "aux.tar.gz", "a/Nul/b", "COM1", "com9.x", "lpt1.txt", "LPT\u00b9"),
        *("nul .txt", "CONIN$", "conout$"),
    ],
    "a dot or a blank at an end": ["a.", "a /b", "a/b..", "..."],
    "has a part of more than 255 bytes": ["a" * 256, f"a/{'é' * 128}/b"],
    "has more than 1,000 bytes": ["a/" * 500 + "b"],
}


@pytest.mark.parametrize("words", PORTABLE)
def test_a_name_is_refused_with_the_reason(words: str) -> None:
    found = {name: fault_of(name) for name in PORTABLE[words]}

    assert not [(name, why) for name, why in found.items() if words not in why]


def test_a_name_that_only_looks_unfit_is_taken() -> None:
    names = [".gitignore", "git~x", "gita~1", "console", "aux-1.yaml", "com10", "com", "nul-l/x"]
    names += ["a..b", ".a", " a", "a b", "é" * 127, "a" * 255, "/".join(["a" * 200] * 4), "ليبيا"]

    assert {name: fault_of(name) for name in names} == dict.fromkeys(names, "")


@pytest.mark.parametrize("name", [".git/config", "charts/.Git/config", "a/.git"])
def test_a_folder_of_git_is_not_packaged(tmp_path: Path, name: str) -> None:
    folder = write_palette(tmp_path / "demo")
    (folder / name).parent.mkdir(parents=True)
    (folder / name).touch()

    text = failure(lambda: package(str(folder), Wish()))

    assert f"PK603: the name '{folder}/{name}' is a place of git's own" in text


def test_names_that_differ_by_case_alone_are_refused(tmp_path: Path) -> None:
    folder = write_palette(tmp_path / "demo")
    (folder / "Values.yaml").touch()

    assert "PK603" in failure(lambda: package(str(folder), Wish()))


@given(st.text("aZ0._-éÅßЖλ", min_size=1), st.sampled_from(["NFC", "NFD"]))
def test_the_same_name_in_another_spelling_is_found(name: str, form: Literal["NFC", "NFD"]) -> None:
    other = unicodedata.normalize(form, name.swapcase())

    assert one_on_some_systems([name, "between", other, "after"]) is not None
    assert one_on_some_systems([name, "between", f"{other}/inner"]) is not None
    assert one_on_some_systems([name, f"{other}-2"]) is None


def test_a_variant_without_files_is_not_packaged(tmp_path: Path) -> None:
    empty = write_variant(tmp_path / "aws", {})

    assert "PK601" in failure(lambda: package(str(empty), Wish()))


def test_a_file_that_changes_while_it_is_read_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The writer acts between the two looks at the file: the test is its only other user."""
    (tmp_path / "x").write_bytes(b"before")
    real = os.fstat
    looks: list[int] = []

    def fstat(descriptor: int) -> os.stat_result:
        looks.append(descriptor)
        if len(looks) == 2:
            (tmp_path / "x").write_bytes(b"after, and longer")
        return real(descriptor)

    monkeypatch.setattr(folders.os, "fstat", fstat)

    assert "PK606" in failure(lambda: read_folder(tmp_path))


def test_absurd_sizes_are_refused(tmp_path: Path) -> None:
    with (tmp_path / "x").open("wb") as stream:
        stream.truncate(65 * 1024 * 1024)

    assert "PK604" in failure(lambda: read_folder(tmp_path))


@pytest.mark.parametrize("change", ["edit", "add", "remove"])
def test_what_is_not_as_the_build_wrote_it_is_refused(variant: Path, change: str) -> None:
    if change == "edit":
        (variant / "manifests.yaml").write_bytes(MANIFESTS + b"\n")
    elif change == "add":
        (variant / "more.yaml").write_bytes(b"")
    else:
        (variant / "NOTES.md").unlink()

    assert "PK606" in failure(lambda: packaged(variant))


@pytest.mark.parametrize(
    "content", [b"", b"[]", b"{", b"[" * 100_000, b'{"pack": {}}', b'{"pack":1,"outputs":{}}']
)
def test_a_broken_record_is_refused(variant: Path, content: bytes) -> None:
    (variant / "build.json").write_bytes(content)

    assert "PK607" in failure(lambda: packaged(variant))


@pytest.mark.parametrize("about", [{"name": "../x"}, {"name": 1}, {"version": ""}, {"name": "a/b"}])
def test_a_palette_pack_without_a_usable_name_is_refused(
    tmp_path: Path, about: dict[str, Any]
) -> None:
    folder = write_palette(tmp_path / "demo", **about)

    assert "PK607" in failure(lambda: packaged(folder))


@pytest.mark.parametrize("name", ["layout", "layout.oci.tar"])
def test_a_secret_parameter_is_warned_about_and_the_layout_is_private(
    tmp_path: Path, name: str, capsys: pytest.CaptureFixture[str]
) -> None:
    parameters = {"demo.word": {"value": "(secret)", "source": {"kind": "set"}}}
    folder = write_variant(tmp_path / "variant", parameters=parameters)
    out = tmp_path / name

    assert main(["package", str(folder), "-o", str(out)]) == 0

    assert "warning[PK609]" in capsys.readouterr().err
    files = [path for path in (out, *out.rglob("*")) if path.is_file()]
    assert {path.stat().st_mode & 0o777 for path in files} == {0o600}


def test_a_linked_variant_in_a_tree_is_refused(variant: Path, tmp_path: Path) -> None:
    (tmp_path / "tree").mkdir()
    (tmp_path / "tree" / "aws").symlink_to(variant)

    assert "PK602" in failure(lambda: packaged(tmp_path / "tree"))


def test_a_layout_inside_of_the_pack_is_refused(
    variant: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    code = main(["package", str(variant), "-o", str(variant / "layout")])

    assert code == 1
    assert "PK504" in capsys.readouterr().err
    assert not (variant / "layout").exists()


# --- private keys -----------------------------------------------------------------------------


def _keys() -> dict[str, bytes]:
    from cryptography.hazmat.primitives import serialization as form
    from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
    from cryptography.hazmat.primitives.serialization import pkcs12

    curve, edwards = ec.generate_private_key(ec.SECP256R1()), ed25519.Ed25519PrivateKey.generate()
    big = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    plain, secret = form.NoEncryption(), form.BestAvailableEncryption(b"password")
    pem, der = form.Encoding.PEM, form.Encoding.DER
    pkcs8, old = form.PrivateFormat.PKCS8, form.PrivateFormat.TraditionalOpenSSL
    return {
        "ec pkcs8": curve.private_bytes(pem, pkcs8, plain),
        "ec sec1": curve.private_bytes(pem, old, plain),
        "ec encrypted": curve.private_bytes(pem, pkcs8, secret),
        "ec pkcs8 der": curve.private_bytes(der, pkcs8, plain),
        "ec sec1 der": curve.private_bytes(der, old, plain),
        "ec encrypted der": curve.private_bytes(der, pkcs8, secret),
        "ed25519": edwards.private_bytes(pem, pkcs8, plain),
        "ed25519 der": edwards.private_bytes(der, pkcs8, plain),
        "openssh": edwards.private_bytes(pem, form.PrivateFormat.OpenSSH, plain),
        "rsa": big.private_bytes(pem, old, plain),
        "rsa der": big.private_bytes(der, old, plain),
        "rsa pkcs8 der": big.private_bytes(der, pkcs8, plain),
        "pkcs12": pkcs12.serialize_key_and_certificates(b"x", curve, None, None, secret),
        "rsa encrypted": big.private_bytes(pem, old, secret),
        "ec encrypted sec1": curve.private_bytes(pem, old, secret),
        "pgp": _pgp(b"Version: 1.0-b\nComment: a-b-c\nComment: -- with hyphens: and a colon --"),
        "ed25519 der with the public key": _version_1(edwards),
        "cosign": b"-----BEGIN ENCRYPTED SIGSTORE PRIVATE KEY-----\n" + b"eyJr" * 40,
    }


def _pgp(headers: bytes) -> bytes:
    body = base64.encodebytes(bytes(range(200)))
    name = b"PGP PRIVATE KEY BLOCK-----\n"
    return b"-----BEGIN " + name + headers + b"\n\n" + body + b"=njUN\n-----END " + name


def _version_1(key: Any) -> bytes:
    """Return a key with its public one beside it, as RFC 5958 has it."""
    content = key.private_bytes_raw() + b"\x81\x21\x00" + key.public_key().public_bytes_raw()
    return bytes.fromhex("3051020101300506032b657004220420") + content


KEYS = _keys()


def _folded(key: bytes) -> bytes:
    return b"  key: |\n    " + base64.encodebytes(key).replace(b"\n", b"\n    ")


def _indented(key: bytes) -> bytes:
    return b"kind: Secret\nstringData:\n  k: |\n    " + key.replace(b"\n", b"\n    ")


def _in_secret(key: bytes) -> bytes:
    return b"data:\n  tls.key: " + base64.b64encode(key) + b"\n"


def _in_json(key: bytes) -> bytes:
    return b"{\n" + json.dumps({"key": key.decode("latin-1")}, ensure_ascii=False).encode("latin-1")


WRAPPED = {
    "secret": lambda key: b"kind: Secret\n" + _in_secret(key),
    "folded": lambda key: b"kind: Secret\n" + _folded(key),
    "twice": lambda key: b"\n" + _in_secret(base64.b64encode(key)),
}


@pytest.mark.parametrize("name", KEYS)
@pytest.mark.parametrize("wrap", ["plain", *WRAPPED])
def test_a_private_key_is_found_where_it_stands(name: str, wrap: str) -> None:
    content = KEYS[name] if wrap == "plain" else WRAPPED[wrap](KEYS[name])

    found = list(private_findings({"pack/x.yaml": content}))

    assert [each.code for each in found] == ["PK608"]
    lines = {"plain": 1, "secret": 3, "folded": 3, "twice": 3}
    assert found[0].span is not None
    assert (found[0].span.file, found[0].span.line) == ("pack/x.yaml", lines[wrap])
    assert not found[0].quote


PEM = [name for name, key in KEYS.items() if key.startswith(b"---")]


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-16-be"])
@pytest.mark.parametrize("name", PEM)
def test_a_private_key_in_utf_16_is_found(name: str, encoding: str) -> None:
    """With a byte order mark, which Python writes for utf-16, and without."""
    text = f"# клич\n{KEYS[name].decode()}"
    contents = {
        "plain": text.encode(encoding),
        "windows": text.replace("\n", "\r\n").encode(encoding),
        "secret": _in_secret(KEYS[name]).decode().encode(encoding),
        "inside": b"\n" + _in_secret(text.encode(encoding)),
        "odd": b"\n" + text.encode(encoding),
    }

    found = list(private_findings(contents))

    assert [each.code for each in found] == ["PK608"] * 5
    lines = {each.span.file: each.span.line for each in found if each.span}
    assert lines == {"plain": 2, "windows": 2, "secret": 2, "inside": 3, "odd": 3}


def test_a_key_is_named_with_its_article() -> None:
    names = ("ec pkcs8", "ec sec1", "ec encrypted", "openssh", "rsa", "cosign", "pkcs12")

    texts = [next(private_findings({"x": KEYS[name]})).message for name in names]

    assert texts == [
        "the pack holds a private key",
        "the pack holds an ec private key",
        "the pack holds an encrypted private key",
        "the pack holds an openssh private key",
        "the pack holds an rsa private key",
        "the pack holds an encrypted sigstore private key",
        "the pack holds a key store (PKCS#12)",
    ]


@pytest.mark.parametrize("name", PEM)
def test_a_private_key_in_a_block_of_yaml_is_found(name: str) -> None:
    contents = {
        "unix": _indented(KEYS[name]),
        "windows": _indented(KEYS[name].replace(b"\n", b"\r\n")),
        "comment": b"\n\n\n" + KEYS[name].replace(b"\n", b"\n# "),
    }

    found = list(private_findings(contents))

    assert [each.span.line for each in found if each.span] == [4, 4, 4]


@pytest.mark.tool("openssl")
@pytest.mark.parametrize(
    "command", ["genrsa -traditional -aes256 -passout pass:abcd", "ec -aes256 -passout pass:abcd"]
)
def test_a_key_that_openssl_encrypted_is_found(command: str) -> None:
    key = subprocess.check_output(["openssl", *command.split()], input=KEYS["ec sec1"])
    assert b"\nDEK-Info: AES-256-CBC," in key

    found = list(private_findings({"a": key, "b": _indented(key), "c": _folded(key)}))

    assert [each.code for each in found] == ["PK608"] * 3


@pytest.mark.parametrize("name", PEM)
def test_a_private_key_in_json_is_found(name: str) -> None:
    found = list(private_findings({"x.json": _in_json(KEYS[name])}))

    assert [each.span.line for each in found if each.span] == [2]


@pytest.mark.parametrize(
    "content",
    [
        b"Paste the text that begins with -----BEGIN PRIVATE KEY----- here.",
        b"-----BEGIN PRIVATE KEY-----\n...\n-----END PRIVATE KEY-----\n",
        b"-----BEGIN PUBLIC KEY-----\n" + b"MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAE" * 3,
        b"-----BEGIN CERTIFICATE-----\n" + b"MIIB" * 40 + b"\n-----END CERTIFICATE-----",
        b"-----BEGIN PRIVATE KEY----- see: the-docs, then sha256:" + b"0123456789abcdef" * 4,
        b"-----BEGIN RSA PRIVATE KEY-----\nProc-Type: 4,ENCRYPTED\n...\n-----END RSA PRIVATE KEY"
        b"-----\ndigest: sha256:" + b"0123456789abcdef" * 4,
        b"digest: sha256:" + b"0123456789abcdef" * 4,
    ],
)
def test_what_only_looks_like_a_key_is_let_through(content: bytes) -> None:
    assert list(private_findings({"x": content})) == []


HEAD = b"-----BEGIN PRIVATE KEY-----"
HOSTILE = {
    "words": HEAD * 20_000 + b"A" * 300_000 + b"\nAAAA" * 60_000,
    "keys": (HEAD + b"\n" + b"A" * 40 + b"\n") * 10_000,
    "kinds": b"-----BEGIN " + b"A" * 500_000,
    "headers": (HEAD + b"\nA: " + b"b-" * 20 + b"\n") * 10_000,
    "one header": HEAD + b"\nA: " + b"b-" * 300_000,
    "names": HEAD + b"\n" + b"a-" * 300_000,
    "blanks": (HEAD + b"\n" * 200) * 1_000 + b"\n" * 300_000,
    "backslashes": (HEAD + b"\\" * 200) * 1_000 + b"\\" * 300_000,
    "marks": HEAD + b"-----BEGI" * 60_000,
}


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_text_is_searched_in_reasonable_time(name: str) -> None:
    """No regular expression, and nothing else, takes time that grows with the square of it."""
    content = HOSTILE[name]
    wide = content.decode().encode("utf-16")
    begin = time.process_time()

    for text in (content, wide, wide + content, base64.b64encode(content)):
        assert sum(1 for _ in private_findings({"x": text})) <= 20_000

    assert time.process_time() - begin < 10


# --- references -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "text",
    [
        "oci://localhost:5000/a",
        "oci://r.example.org/a/b-c/d__e:v1.0_x-1",
        "oci://r:65535/a",
        "oci://[::ffff:127.0.0.1]/a",
        f"oci://{'a' * 63}.example/a",
        f"oci://[::1]:5000/a@sha256:{'0' * 64}",
        f"oci://r/a:1@sha256:{'f' * 64}",
    ],
)
def test_a_reference_reads_as_it_was_written(text: str) -> None:
    assert str(Reference.parse(text)) == text


@pytest.mark.parametrize(
    "text",
    [
        "r/a",
        "https://r/a",
        "oci://",
        "oci://r",
        "oci://r/",
        "oci:///a",
        "oci://r/A",
        "oci://r/a/",
        "oci://r/a//b",
        "oci://r/../a",
        "oci://r/a@sha256:123",
        "oci://r/a@sha512:" + "0" * 128,
        "oci://r/a@",
        "oci://r/a?x=1",
        "oci://r:x/a",
        "oci://r:0/a",
        "oci://r:65536/a",
        "oci://host:99999/a:1",
        "oci://a..b/a",
        "oci://a.-b/a",
        f"oci://{'a' * 64}.example/a",
        f"oci://{'a.' * 130}example/a",
        "oci://[:::1]/a",
        "oci://[::1/a",
        "oci://[]/a",
        "oci://r/" + "a" * 256,
        "oci://r/a\n",
    ],
)
def test_a_broken_reference_is_an_error(text: str) -> None:
    assert "PK610" in failure(lambda: Reference.parse(text))


def test_a_password_in_a_reference_is_not_shown() -> None:
    text = failure(lambda: Reference.parse("oci://user:hunter2@example.org/a"))

    assert "hunter2" not in text


@pytest.mark.parametrize(
    "tag",
    [
        "",
        "1.0.0+b5",
        "a" * 129,
        "-a",
        ".a",
        "a b",
        "é",
        f"sha256-{'0' * 64}",
        "x.sig",
        "x.att",
        "x.sbom",
    ],
)
def test_a_tag_that_no_registry_takes_is_an_error(tag: str) -> None:
    assert "PK611" in failure(lambda: check_tag(tag))


@pytest.mark.parametrize("tag", ["1.5", "v1.8.7", "2.0.2-up.4", "_", "a" * 128, "latest"])
def test_a_usual_tag_is_taken(tag: str) -> None:
    check_tag(tag)


def test_a_version_that_is_no_tag_needs_a_tag(tmp_path: Path) -> None:
    pack = {"name": "demo", "version": "1.0.0+b5"}
    folder = write_variant(tmp_path / "variant", pack=pack)

    assert "the version '1.0.0+b5' has a '+'" in failure(lambda: packaged(folder))
    assert packaged(folder, tag="1.0.0-b5").version == "1.0.0-b5"


def test_a_palette_pack_keeps_its_version_as_its_tag(tmp_path: Path) -> None:
    folder = write_palette(tmp_path / "demo")

    assert "PK611" in failure(lambda: packaged(folder, tag="2.0.0"))


# --- layouts ----------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["layout", "layout.oci.tar"])
@pytest.mark.parametrize("shape", ["oci", "palette"])
def test_a_layout_is_read_as_it_was_written(tmp_path: Path, name: str, shape: str) -> None:
    folder = tmp_path / "built"
    bundle = packaged((write_variant if shape == "oci" else write_palette)(folder), sbom=True)

    write_layout(bundle, tmp_path / name)

    found = read_bundle(str(tmp_path / name))
    assert {each.digest for each in found.artifacts} == {e.digest for e in bundle.artifacts}
    assert (found.name, found.version, found.shape) == (bundle.name, "1.0.0", shape)
    assert found.pack == bundle.pack


@pytest.mark.parametrize("name", ["layout", "layout.oci.tar"])
def test_a_layout_takes_the_place_of_an_older_one(variant: Path, tmp_path: Path, name: str) -> None:
    write_layout(packaged(variant), tmp_path / name)
    newer = packaged(variant, tag="2")

    write_layout(newer, tmp_path / name)

    assert read_bundle(str(tmp_path / name)).pack.digest == newer.pack.digest
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted([name, "variant"])


@pytest.mark.parametrize("name", ["taken", "taken.oci.tar"])
def test_a_stranger_s_place_is_not_taken(variant: Path, tmp_path: Path, name: str) -> None:
    (tmp_path / name).mkdir()
    (tmp_path / name / "precious").touch()

    assert "PK504" in failure(lambda: write_layout(packaged(variant), tmp_path / name))
    assert (tmp_path / name / "precious").exists()


def _flip(path: Path, position: int, bit: int) -> None:
    content = bytearray(path.read_bytes())
    content[position] ^= bit
    path.write_bytes(content)


def test_every_flipped_byte_of_every_blob_is_refused(variant: Path, tmp_path: Path) -> None:
    """Every byte of the small blobs, and sixty of each that is larger."""
    write_layout(packaged(variant, sbom=True, provenance=True), tmp_path / "layout")
    blobs = sorted((tmp_path / "layout" / BLOBS).iterdir())

    accepted = []
    for blob in blobs:
        original = blob.read_bytes()
        step = 1 if len(original) < 500 else len(original) // 60
        for position in range(0, len(original), step):
            _flip(blob, position, 1 << position % 8)
            try:
                read_bundle(str(tmp_path / "layout"))
                accepted.append((blob.name, position))
            except PackcError:
                pass
            blob.write_bytes(original)

    assert len(blobs) == 8
    assert accepted == []


def test_a_flipped_byte_of_the_index_never_gives_another_pack(
    variant: Path, tmp_path: Path
) -> None:
    """The index has no digest: what it says of a pack is checked against the manifests."""
    bundle = packaged(variant)
    write_layout(bundle, tmp_path / "layout")
    index = tmp_path / "layout" / "index.json"
    original = index.read_bytes()

    for position in range(len(original)):
        _flip(index, position, 1 << position % 8)
        try:
            found = read_bundle(str(tmp_path / "layout"))
        except PackcError:
            found = bundle
        index.write_bytes(original)
        assert found.pack.digest == bundle.pack.digest
        assert found.pack.tag in ("", found.version)


def test_an_old_pack_under_a_new_tag_is_refused(variant: Path, tmp_path: Path) -> None:
    bundle = packaged(variant)

    write_layout(evolve(bundle, pack=evolve(bundle.pack, tag="2.0.0")), tmp_path / "layout")

    assert "PK614" in failure(lambda: read_bundle(str(tmp_path / "layout")))


@pytest.mark.parametrize("size", [-1, 1, 0.5, True, "2", None])
def test_a_wrong_size_is_refused(variant: Path, tmp_path: Path, size: Any) -> None:
    """A registry may take a manifest with a wrong size: the digest alone is not enough."""
    bundle = packaged(variant)
    manifest = json.loads(bundle.pack.content)
    manifest["layers"][0]["size"] = size
    changed = evolve(bundle, pack=evolve(bundle.pack, content=canonical(manifest)))

    write_layout(changed, tmp_path / "layout")

    text = failure(lambda: read_bundle(str(tmp_path / "layout")))
    assert "PK614" in text or "PK613" in text


@pytest.mark.parametrize(
    ("digest", "size"), [("sha256:../../etc/passwd", 1), ("sha256:" + "0" * 63, 2), (None, 2)]
)
def test_a_digest_never_becomes_a_path(
    variant: Path, tmp_path: Path, digest: str | None, size: int
) -> None:
    write_layout(packaged(variant), tmp_path / "layout")
    entry = {"mediaType": "x", "digest": digest, "size": size}
    index = {"schemaVersion": 2, "manifests": [entry]}
    (tmp_path / "layout" / "index.json").write_bytes(canonical(index))

    assert "PK613" in failure(lambda: read_bundle(str(tmp_path / "layout")))


@pytest.mark.parametrize("content", [b"", b"{}", b"[", b"x" * 5000])
def test_what_is_no_layout_is_refused(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "x.oci.tar").write_bytes(content)
    (tmp_path / "folder").mkdir()
    (tmp_path / "folder" / "oci-layout").write_bytes(content)

    for name in ("x.oci.tar", "folder"):
        assert "PK613" in failure(lambda name=name: read_bundle(str(tmp_path / name)))


def test_the_files_of_a_layout_are_sorted_and_named_by_their_digest(variant: Path) -> None:
    files = layout_files(packaged(variant, sbom=True))

    names = [file.name for file in files]
    assert names == sorted(names)
    for file in files:
        if file.name.startswith(BLOBS):
            assert digest_of(file.content) == f"sha256:{file.name.removeprefix(BLOBS)}"


@pytest.mark.tool("skopeo")
@pytest.mark.parametrize("name", ["layout", "layout.oci.tar"])
@pytest.mark.parametrize("shape", ["oci", "palette"])
def test_skopeo_reads_a_layout_by_its_tag(tmp_path: Path, name: str, shape: str) -> None:
    folder = tmp_path / "built"
    bundle = packaged((write_variant if shape == "oci" else write_palette)(folder), sbom=True)
    write_layout(bundle, tmp_path / name)
    transport = "oci-archive" if name.endswith(".tar") else "oci"

    done = subprocess.run(
        ["skopeo", "inspect", "--raw", f"{transport}:{tmp_path / name}:1.0.0"], capture_output=True
    )

    assert done.stdout == bundle.pack.content, done.stderr


@pytest.mark.tool("skopeo")
def test_a_copy_that_skopeo_made_is_the_same_pack(variant: Path, tmp_path: Path) -> None:
    bundle = packaged(variant, sbom=True)
    write_layout(bundle, tmp_path / "layout.oci.tar")
    source = f"oci-archive:{tmp_path}/layout.oci.tar:1.0.0"

    done = subprocess.run(
        ["skopeo", "copy", "-q", source, f"oci:{tmp_path}/copy:1.0.0"], capture_output=True
    )

    assert done.returncode == 0, done.stderr
    assert read_bundle(str(tmp_path / "copy")).pack.digest == bundle.pack.digest


# --- statements and the command ---------------------------------------------------------------


def test_the_bill_of_materials_names_files_and_images(variant: Path) -> None:
    bundle = packaged(variant, sbom=True)

    (artifact,) = bundle.referrers
    bill = json.loads(artifact.blobs[1].content)
    found = {part["bom-ref"]: part.get("purl") for part in bill["components"]}
    assert found == {
        "file:NOTES.md": None,
        "file:manifests.yaml": None,
        "image:busybox": "pkg:oci/busybox?repository_url=docker.io/library/busybox",
        "image:quay.io/demo/app:v1": "pkg:oci/app?repository_url=quay.io/demo/app&tag=v1",
    }
    assert bill["metadata"]["component"]["hashes"][0]["content"] in bundle.pack.digest
    assert artifact.subject == bundle.pack.digest


def test_the_provenance_names_inputs_plugins_and_parameters(variant: Path) -> None:
    bundle = packaged(variant, provenance=True)

    (artifact,) = bundle.referrers
    statement = json.loads(artifact.blobs[1].content)
    definition = statement["predicate"]["buildDefinition"]
    assert [entry.get("name") for entry in definition["resolvedDependencies"]] == [
        None,
        "aws",
        "pack.yaml",
    ]
    (chosen,) = definition["externalParameters"]["variants"]
    assert chosen["parameters"]["demo.size"]["value"] == 3
    (record,) = statement["predicate"]["runDetails"]["byproducts"]
    assert base64.b64decode(record["content"]) == (variant / "build.json").read_bytes()


def test_a_provenance_needs_a_record(tmp_path: Path) -> None:
    folder = write_palette(tmp_path / "demo")

    assert "PK607" in failure(lambda: packaged(folder, provenance=True))


def test_the_source_map_hangs_on_the_pack_and_is_no_part_of_it(tmp_path: Path) -> None:
    files = {"manifests.yaml": MANIFESTS, "source-map.json": b"{}\n"}
    folder = write_variant(tmp_path / "variant", files)

    bundle = packaged(folder)

    (artifact,) = bundle.referrers
    assert artifact.artifact_type == "application/vnd.packc.source-map.v1+json"
    assert artifact.blobs[1].content == b"{}\n"
    assert [f.name for f in files_of(unpacked(bundle.pack.blobs[1].content))] == ["manifests.yaml"]


def test_the_command_prints_the_digest_alone(
    variant: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    code = main(["package", str(variant), "-o", str(tmp_path / "a"), "--quiet"])
    text = capsys.readouterr().out
    main(["package", str(variant), "-o", str(tmp_path / "a"), "--output", "json"])
    data = json.loads(capsys.readouterr().out)

    assert (code, text) == (0, f"{GOLDEN_OCI}\n")
    assert data == {
        "name": "demo",
        "version": "1.0.0",
        "shape": "oci",
        "digest": GOLDEN_OCI,
        "referrers": [],
        "signatures": [],
    }


KEYS_OF_A_RECORD = (
    "edition",
    "format",
    "images",
    "inputs",
    "outputs",
    "pack",
    "packc",
    "parameters",
    "plugins",
    "valuesFiles",
    "variant",
)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=2)
        | st.dictionaries(
            st.sampled_from(["name", "digest", "version", "value"]), inner, max_size=3
        )
    ),
    max_leaves=6,
)


@settings(deadline=None, max_examples=200)
@given(st.dictionaries(st.sampled_from(KEYS_OF_A_RECORD), JSON, min_size=1, max_size=2))
def test_no_record_makes_packaging_fall_over(changes: dict[str, Any]) -> None:
    """Whatever stands in build.json, the answer is a pack or an error that says what is wrong."""
    with TemporaryDirectory() as name:
        folder = write_variant(Path(name), **changes)
        try:
            found = package(str(folder), Wish(sbom=True, provenance=True))
        except PackcError as error:
            assert {each.code for each in error.diagnostics} <= {"PK601", "PK606", "PK607", "PK611"}
        else:
            assert len(found.bundle.referrers) == 2

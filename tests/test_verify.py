"""`packc verify` on registries, and with --rebuild: what is not as it was published is refused."""

from __future__ import annotations

import base64
import json
import re
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from attrs import define, evolve
from registries import Fault, docker_registry, key_pair, proxy, served

from packc.cli import main
from packc.diagnostics import PackcError
from packc.model import OutputFile
from packc.plugins import Host, discover
from packc.publish.built import Built
from packc.publish.manifest import pack_artifact
from packc.publish.model import INDEX, Artifact, Blob, Bundle, Descriptor, canonical, digest_of
from packc.publish.package import signed
from packc.publish.provenance import IN_TOTO, PREDICATE
from packc.publish.reading import read_bundle
from packc.publish.rebuild import How, rebuild
from packc.publish.references import Reference
from packc.publish.registry.fetch import fetch
from packc.publish.registry.protocol import Manifest
from packc.publish.registry.tags import fallback_tag
from packc.publish.signing.keys import PrivateKey, PublicKey, read_private_key, read_public_key
from packc.publish.verify import Statement, verify
from packc.values import Request

LOGO = Path(__file__).parent / "errors" / "common" / "palette" / "demo-1.0.0" / "logo.png"
REGISTRY = pytest.mark.tool("docker-registry")
PLACE = "registry.example.org/packs/demo"
REFERENCE = Reference.parse(f"oci://{PLACE}:1.0.0")


@define
class Shelf:
    """A registry without a network, that hands out what stands on it; nothing is checked here."""

    place: str
    manifests: dict[str, bytes]
    blobs: dict[str, bytes]

    def manifest(self, name: str) -> Manifest | None:
        content = self.manifests.get(name)
        return None if content is None else Manifest(content)

    def blob(self, descriptor: Descriptor) -> bytes | None:
        return self.blobs.get(descriptor.digest)

    def push_blob(self, blob: Blob) -> bool:
        raise AssertionError("nothing is written in a verification")

    def push_manifest(self, manifest: Manifest, name: str) -> bool:
        raise AssertionError("nothing is written in a verification")

    def referrers(self, digest: str) -> tuple[Descriptor, ...] | None:
        return None

    def wait_for_others(self) -> None:
        raise AssertionError("nothing is written in a verification")


@pytest.fixture
def keys(tmp_path: Path) -> tuple[PrivateKey, PublicKey]:
    private, public = key_pair(tmp_path)
    return read_private_key(private, {}), read_public_key(public, {})


def pack(version: str = "1.0.0") -> Artifact:
    files = (OutputFile("manifests.yaml", b"kind: ConfigMap\n"),)
    return pack_artifact(Built("demo", version, "oci", files), tag=version)


def shelf(*artifacts: Artifact, tag: str = "1.0.0") -> Shelf:
    """Return a registry that holds artifacts, the first of them tagged."""
    first, *rest = artifacts
    manifests = {each.digest: each.content for each in artifacts}
    entries = [each.descriptor.as_json() for each in rest if each.subject]
    index = {"schemaVersion": 2, "mediaType": INDEX, "manifests": entries}
    manifests |= {tag: first.content, fallback_tag(first.digest): canonical(index)}
    manifests |= {each.tag: each.content for each in rest if each.tag}
    blobs = {blob.digest: blob.content for each in artifacts for blob in each.blobs}
    return Shelf(PLACE, manifests, blobs)


def whole(key: PrivateKey | None, version: str = "1.0.0") -> Bundle:
    return signed(Bundle(pack(version), "demo", version, "oci"), key, PLACE)


def refusal(registry: Shelf, key: PublicKey, reference: Reference = REFERENCE) -> str:
    with pytest.raises(PackcError) as caught:
        verify(fetch(registry, reference).bundle, [key])
    return caught.value.diagnostics[0].code


# --- a registry without a network -------------------------------------------------------------


def test_what_was_published_is_verified(keys: tuple[PrivateKey, PublicKey]) -> None:
    bundle = whole(keys[0])
    fetched = fetch(shelf(*bundle.artifacts), REFERENCE)

    found = verify(fetched.bundle, [keys[1]])

    assert fetched.bundle == bundle
    assert all(each.signed for each in found)


def test_every_flipped_byte_is_refused(keys: tuple[PrivateKey, PublicKey]) -> None:
    """Of each manifest and blob, one byte after the other.

    The two signatures stand for each other, so each is tried with the other one taken away. The
    list of referrers is a hint and no content: where a byte of it does not matter, such as one of
    an annotation, what is found has to be the same.
    """
    bundle = whole(keys[0])
    for kept in (evolve(bundle, signatures=()), evolve(bundle, referrers=())):
        good = shelf(*kept.artifacts)
        verify(fetch(good, REFERENCE).bundle, [keys[1]])
        for store in (lambda shelf: shelf.manifests, lambda shelf: shelf.blobs):
            for name in store(good).keys() - {kept.pack.digest}:  # it is read by its tag
                accepted = [
                    position
                    for position in range(len(store(good)[name]))
                    if is_accepted(good, store, name, position, keys[1], kept)
                ]
                assert accepted == [], name


def is_accepted(
    registry: Shelf,
    store: Callable[[Shelf], dict[str, bytes]],
    name: str,
    position: int,
    key: PublicKey,
    expected: Bundle,
) -> bool:
    content = bytearray(store(registry)[name])
    content[position] ^= 1
    changed = Shelf(registry.place, dict(registry.manifests), dict(registry.blobs))
    store(changed)[name] = bytes(content)
    try:
        found = fetch(changed, REFERENCE).bundle
        verify(found, [key])
    except PackcError:
        return False
    return found != expected


def test_old_content_under_a_new_tag_is_refused(keys: tuple[PrivateKey, PublicKey]) -> None:
    old = whole(keys[0])
    new = Reference.parse(f"oci://{PLACE}:2.0.0")

    assert refusal(shelf(*old.artifacts, tag="2.0.0"), keys[1], new) == "PK638"


def test_another_pack_under_a_digest_is_refused(keys: tuple[PrivateKey, PublicKey]) -> None:
    registry = shelf(*whole(keys[0]).artifacts)
    asked = pack("2.0.0").digest
    registry.manifests[asked] = registry.manifests["1.0.0"]

    with pytest.raises(PackcError, match="PK614"):
        fetch(registry, Reference.parse(f"oci://{PLACE}@{asked}"))


def test_what_is_not_there_is_not_verified(keys: tuple[PrivateKey, PublicKey]) -> None:
    registry = shelf(*whole(keys[0]).artifacts)
    unknown = Reference.parse(f"oci://{PLACE}:3.0.0")

    assert refusal(registry, keys[1], unknown) == "PK637"
    assert refusal(registry, keys[1], Reference.parse(f"oci://{PLACE}")) == "PK610"
    assert refusal(shelf(*whole(None).artifacts), keys[1]) == "PK623"


def test_a_signature_that_was_collected_as_garbage_is_named(
    keys: tuple[PrivateKey, PublicKey],
) -> None:
    """Debian's registry removes what has no tag: the older form, which has one, still holds."""
    bundle = whole(keys[0])
    registry = shelf(*bundle.artifacts)
    for each in bundle.referrers:
        del registry.manifests[each.digest]

    fetched = fetch(registry, REFERENCE)

    assert [each.code for each in fetched.warnings] == ["PK639"]
    assert [each.signed for each in verify(fetched.bundle, [keys[1]])] == [True]


def test_a_list_that_names_a_referrer_of_another_pack_is_of_no_use(
    keys: tuple[PrivateKey, PublicKey],
) -> None:
    other = whole(keys[0], "2.0.0")

    assert refusal(shelf(pack(), *other.referrers), keys[1]) in ("PK614", "PK623")


@pytest.mark.parametrize("content", [b"", b"[]", b"{", b"{}", b'{"manifests": [1]}'])
def test_a_list_of_referrers_that_is_none_is_not_verified(
    keys: tuple[PrivateKey, PublicKey], content: bytes
) -> None:
    bundle = whole(keys[0])
    registry = shelf(*bundle.artifacts)
    registry.manifests[fallback_tag(bundle.pack.digest)] = content

    assert refusal(registry, keys[1]) in ("PK613", "PK614")


# --- the command ------------------------------------------------------------------------------


@pytest.fixture
def host(tmp_path: Path) -> Iterator[str]:
    with docker_registry(tmp_path / "registry") as running:
        yield running


def build(source: Path, out: Path, *options: str) -> Path:
    arguments = ["build", str(source), "--cloud", "aws", "-o", str(out), "-q", *options]
    assert main(arguments) == 0
    return out / "small" / "1.0.0" / "aws"


def publish(folder: Path, host: str, *options: str) -> None:
    target = f"oci://{host}/packs/small"
    assert main(["publish", str(folder), target, "--plain-http", "--settle", "0", *options]) == 0


@REGISTRY
@pytest.mark.parametrize(
    ("fault", "code"),
    [
        (Fault("GET .*/manifests/1", "corrupt", 99), 6),
        (Fault("GET .*/blobs/", "corrupt", 99), 6),
        (Fault("GET .*/blobs/", "shorten", 99), 6),
        (Fault("GET .*/blobs/", 404, 99), 6),
        (Fault("GET", 401, 99, {"WWW-Authenticate": 'Basic realm="r"'}), 4),
        (Fault("GET", 403, 99), 4),
        (Fault("GET", "drop", 99), 5),
        (Fault("GET .*/referrers/", 500, 99), 5),
        (Fault("GET .*[.]sig", 500, 99), 5),
        (Fault("GET .*[.]sig", "drop", 99), 5),
    ],
)
def test_what_cannot_be_checked_is_never_verified(
    small: Path, host: str, tmp_path: Path, fault: Fault, code: int
) -> None:
    private, public = key_pair(tmp_path)
    publish(build(small, tmp_path / "dist"), host, "--key", private)
    with proxy(host) as bad:
        bad.faults.append(evolve(fault, headers={"Retry-After": "0", **fault.headers}))
        reference = f"oci://{bad.host}/packs/small:1.0.0"

        found = main(["verify", reference, "--plain-http", "--key", public, "--tries", "2"])

    assert found == code


@REGISTRY
def test_every_output_names_the_digest_and_the_statements(
    small: Path, host: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    private, public = key_pair(tmp_path)
    publish(build(small, tmp_path / "dist"), host, "--key", private, "--sbom", "--provenance")
    command = ["verify", f"oci://{host}/packs/small:1.0.0", "--plain-http", "--key", public]
    capsys.readouterr()

    assert main([*command, "--output", "json"]) == 0
    data = json.loads(capsys.readouterr().out)
    assert main(command) == 0
    text = capsys.readouterr().out

    assert data["signed"] is True
    assert data["rebuilt"] is False
    assert all(each["kind"] in text for each in data["statements"])
    assert re.search(rf"^small 1.0.0 {data['digest']}: signed$", text, re.M)


@REGISTRY
def test_the_key_of_somebody_else_is_not_enough(
    small: Path, host: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    private, _ = key_pair(tmp_path)
    _, stranger = key_pair(tmp_path, "stranger", 0xBADBEEF)
    publish(build(small, tmp_path / "dist"), host, "--key", private)

    reference = f"oci://{host}/packs/small:1.0.0"
    assert main(["verify", reference, "--plain-http", "--key", stranger]) == 6
    assert "PK621" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("source", "options", "code"),
    [
        (f"oci://{PLACE}", [], "PK610"),
        ("oci://registry.example.org/Packs/demo:1.0.0", [], "PK610"),
        (f"oci://{PLACE}@sha256:12", [], "PK610"),
        (f"oci://{PLACE}:1.0.0+1", [], "PK611"),
        (f"oci://{PLACE}:1.0.0", ["--tag", "1.0.0"], "PK640"),
        (f"oci://{PLACE}:1.0.0", ["--username", "ci"], "PK640"),
        (f"oci://{PLACE}:1.0.0", ["--ca", "/nowhere"], "PK641"),
    ],
)
@pytest.mark.parametrize("command", [["verify", "--unsigned"], ["pull", "--no-verify", "-o", "x"]])
def test_what_is_asked_wrongly_is_another_exit_code_than_what_is_not_verified(
    command: list[str],
    source: str,
    options: list[str],
    code: str,
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert main([*command, source, *options]) == 1
    assert f"error[{code}]" in capsys.readouterr().err


def test_an_image_is_no_pack(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    config = Blob("application/vnd.oci.image.config.v1+json", b"{}")
    image = {
        "schemaVersion": 2,
        "mediaType": "application/vnd.oci.image.manifest.v1+json",
        "config": config.descriptor.as_json(),
        "layers": [],
    }

    def answer(handler: Any) -> None:
        content = b"{}" if "blobs" in handler.path else canonical(image)
        handler.reply(200, {}, content)

    with served(answer) as host:
        reference = f"oci://{host}/packs/small:1.0.0"
        assert main(["verify", reference, "--plain-http", "--unsigned"]) == 6
    assert "PK613" in capsys.readouterr().err


# --- built again ------------------------------------------------------------------------------


def packaged(folder: Path, out: Path, *options: str) -> str:
    assert main(["package", str(folder), "-o", str(out), *options]) == 0
    return str(out)


def rebuilt(layout: str, source: Path, *options: str) -> int:
    return main(["verify", layout, "--rebuild", str(source), *options])


def test_the_recorded_inputs_give_the_same_bytes(small: Path, tmp_path: Path) -> None:
    """With values of a file that is gone, and of the command line: the record holds them."""
    private, public = key_pair(tmp_path)
    site = tmp_path / "site.yaml"
    site.write_text("small: {names: [b, c], labels: {x: z}}\n")
    options = ["--values", str(site), "--set", "small.size=5", "--set", "small.fast=true"]
    folder = build(small, tmp_path / "dist", *options)
    layout = packaged(folder, tmp_path / "l", "--key", private, "--provenance")
    site.unlink()

    assert rebuilt(layout, small, "--key", public) == 0


def test_several_variants_are_all_built_again(small: Path, tmp_path: Path) -> None:
    assert main(["build", str(small), "-o", str(tmp_path / "dist"), "-q", "--source-map"]) == 0
    layout = packaged(tmp_path / "dist/small/1.0.0", tmp_path / "l", "--provenance")

    assert rebuilt(layout, small, "--unsigned") == 0


@pytest.fixture
def small_palette(small: Path) -> Path:
    """The small pack, as one for Palette: a pack for aws and one for azure, or one for both."""
    shutil.copy(LOGO, small / "logo.png")
    with (small / "pack.yaml").open("a") as spec:
        spec.write("logo: logo.png\n")
        spec.write("palette: {layer: os, cloudTypes: {aws: aws, azure: azure}}\n")
    return small


def build_palette(source: Path, out: Path, *options: str) -> Path:
    command = ["build", str(source), "--format", "palette", "-o", str(out), "-q", *options]
    assert main(command) == 0
    return out / "small" / "1.0.0" / "palette"


@pytest.mark.parametrize(
    "options",
    [
        [],
        ["--set", "small.size=5", "--set", 'small.labels={"x": "z"}'],
        ["--cloud", "azure"],
        ["--cloud", "azure", "--cloud", "aws"],
    ],
)
def test_a_palette_pack_is_built_again(
    small_palette: Path, tmp_path: Path, options: list[str]
) -> None:
    private, public = key_pair(tmp_path)
    folder = build_palette(small_palette, tmp_path / "dist", *options)
    layout = packaged(folder, tmp_path / "l", "--key", private, "--provenance")

    assert rebuilt(layout, small_palette, "--key", public) == 0


def test_one_of_several_palette_packs_is_built_again(small_palette: Path, tmp_path: Path) -> None:
    spec = small_palette / "pack.yaml"
    names = "names: {azure: small-azure}, "
    spec.write_text(spec.read_text().replace("{layer: os, ", f"{{layer: os, {names}"))
    folder = build_palette(small_palette, tmp_path / "dist") / "small-azure-1.0.0"
    layout = packaged(folder, tmp_path / "l", "--provenance")

    assert rebuilt(layout, small_palette, "--unsigned") == 0


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("default: 1,", "default: 2,", "the pack's file 'pack.yaml' is another"),
        ("cloudTypes: {aws: aws,", "cloudTypes: {aws: eks,", "'pack.yaml' is another"),
        ("title: Small", "title: Small # as it was", ""),
    ],
)
def test_what_differs_in_a_palette_pack_is_named(
    small_palette: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    old: str,
    new: str,
    words: str,
) -> None:
    folder = build_palette(small_palette, tmp_path / "dist")
    layout = packaged(folder, tmp_path / "l", "--provenance")
    change("pack.yaml", old, new)(small_palette)

    code = rebuilt(layout, small_palette, "--unsigned")

    assert code == (6 if words else 0)
    assert words in capsys.readouterr().err


def test_a_secret_in_a_palette_pack_is_told_and_given_again(
    small_palette: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = build_palette(small_palette, tmp_path / "dist", "--set", "small.word=HUNTER2")
    layout = packaged(folder, tmp_path / "l", "--provenance")
    assert "PK609" in capsys.readouterr().err

    assert rebuilt(layout, small_palette, "--unsigned") == 6
    assert "PK643" in capsys.readouterr().err
    assert rebuilt(layout, small_palette, "--unsigned", "--set", "small.word=HUNTER2") == 0


# --- a build that was held to a lock ----------------------------------------------------------


def provenance_of(layout: str) -> dict[str, Any]:
    (statement,) = (
        json.loads(each.blobs[-1].content)
        for each in read_bundle(layout).referrers
        if each.artifact_type == IN_TOTO
    )
    predicate: dict[str, Any] = statement["predicate"]
    return predicate


@pytest.mark.parametrize("kind", ["variant", "palette"])
def test_a_build_from_a_lock_names_the_lock_and_is_built_again_from_it(
    small_palette: Path, tmp_path: Path, kind: str
) -> None:
    assert main(["lock", str(small_palette), "--format", "palette", "-q"]) == 0
    make = build if kind == "variant" else build_palette
    layout = packaged(
        make(small_palette, tmp_path / "dist", "--locked"), tmp_path / "l", "--provenance"
    )
    lock = digest_of((small_palette / "packc.lock").read_bytes())

    resolved = provenance_of(layout)["buildDefinition"]["resolvedDependencies"]
    assert {
        "name": "packc.lock",
        "digest": {"sha256": lock.removeprefix("sha256:")},
        "annotations": {"kind": "inputs"},
    } in resolved
    assert rebuilt(layout, small_palette, "--unsigned") == 0


def test_what_differs_from_the_lock_is_not_built_again(
    small: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A build that was not held to a lock is: a comment changes no byte of what comes out."""
    assert main(["lock", str(small), "-q"]) == 0
    free = packaged(build(small, tmp_path / "free"), tmp_path / "free-layout", "--provenance")
    folder = build(small, tmp_path / "dist", "--locked")
    held = packaged(folder, tmp_path / "held-layout", "--provenance")
    with (small / "base/objects.yaml").open("a") as base:
        base.write("# changed\n")

    assert rebuilt(free, small, "--unsigned") == 0
    assert rebuilt(held, small, "--unsigned") == 6
    assert "PK234" in capsys.readouterr().err
    (small / "packc.lock").unlink()
    assert rebuilt(held, small, "--unsigned") == 6
    assert "PK231" in capsys.readouterr().err


def test_another_lock_is_named_where_the_bytes_differ(
    small: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["lock", str(small), "-q"]) == 0
    folder = build(small, tmp_path / "dist", "--locked")
    layout = packaged(folder, tmp_path / "l", "--provenance")
    change("base/objects.yaml", "namespace: default", "namespace: other")(small)
    assert main(["lock", str(small), "--upgrade", "--yes", "-q"]) == 0

    assert rebuilt(layout, small, "--unsigned") == 6
    assert "the pack's file 'packc.lock' is another" in capsys.readouterr().err


def change(file: str, old: str, new: str) -> Callable[[Path], None]:
    def edit(pack: Path) -> None:
        text = (pack / file).read_text()
        assert old in text
        (pack / file).write_text(text.replace(old, new))

    return edit


@pytest.mark.parametrize(
    ("edit", "words"),
    [
        (change("base/objects.yaml", "namespace: default", "namespace: other"), "'base/objects"),
        (change("pack.yaml", "default: 1,", "default: 2,"), "'pack.yaml' is another"),
        (change("pack.yaml", "default: 1,", "default: 2,"), "the parameter 'small.size'"),
        (lambda pack: (pack / "base/more.yaml").write_text(""), ""),
    ],
)
def test_what_differs_is_named(
    small: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    edit: Callable[[Path], None],
    words: str,
) -> None:
    folder = build(small, tmp_path / "dist")
    layout = packaged(folder, tmp_path / "l", "--provenance")
    edit(small)

    code = rebuilt(layout, small, "--unsigned")

    assert code == (6 if words else 0)
    assert words in capsys.readouterr().err


def test_a_secret_has_to_be_given_again(
    small: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = build(small, tmp_path / "dist", "--set", "small.word=HUNTER2")
    layout = packaged(folder, tmp_path / "l", "--provenance")

    assert rebuilt(layout, small, "--unsigned") == 6
    assert "PK643" in capsys.readouterr().err
    assert rebuilt(layout, small, "--unsigned", "--set", "small.word=HUNTER3") == 6
    assert rebuilt(layout, small, "--unsigned", "--set", "small.word=HUNTER2") == 0
    out, err = capsys.readouterr()
    assert "HUNTER" not in out + err


def test_provenance_that_nobody_signed_is_not_believed(
    small: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    private, public = key_pair(tmp_path)
    folder = build(small, tmp_path / "dist")
    without = packaged(folder, tmp_path / "without", "--key", private)

    assert rebuilt(without, small, "--key", public) == 6
    assert "PK643" in capsys.readouterr().err


def test_a_source_that_is_gone_is_not_verified(small: Path, tmp_path: Path) -> None:
    folder = build(small, tmp_path / "dist")
    layout = packaged(folder, tmp_path / "l", "--provenance")

    assert rebuilt(layout, tmp_path / "nowhere", "--unsigned") == 6


def test_changed_content_with_an_honest_record_is_found(
    small: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Whoever packages may lie: the record says what the build wrote, the layer holds another."""
    folder = build(small, tmp_path / "dist")
    manifests = folder / "manifests.yaml"
    before = manifests.read_bytes()
    manifests.write_bytes(before.replace(b"default", b"kube-system"))
    record = json.loads((folder / "build.json").read_text())
    after = manifests.read_bytes()
    record["outputs"]["manifests.yaml"] = {"bytes": len(after), "digest": digest_of(after)}
    (folder / "build.json").write_text(json.dumps(record))
    layout = packaged(folder, tmp_path / "l", "--provenance")

    assert rebuilt(layout, small, "--unsigned") == 6
    assert "'manifests.yaml' comes out another" in capsys.readouterr().err


ODD = [
    {},
    {"variant": 1},
    {"variant": {"cloud": 1, "features": 2}},
    {"variant": {"cloud": "aws", "features": []}, "parameters": 1, "inputs": 2, "plugins": 3},
    {"variant": {"cloud": "aws", "features": []}, "parameters": {"small.size": 1}},
    {
        "variant": {"cloud": "aws", "features": []},
        "parameters": {"small.size": {"value": {"a": []}, "source": {"kind": "set", "name": 1}}},
    },
    {"variant": {"cloud": "moon", "features": ["x"]}, "valuesFiles": [1, {}], "plugins": [[]]},
    {"format": "palette"},
    {"format": "palette", "clouds": 1, "chosen": 2},
    {"format": "palette", "clouds": ["aws"], "chosen": []},
    {"format": ["palette"], "clouds": ["aws"], "chosen": []},
    {"variant": {"cloud": "aws", "features": []}, "inputs": [{"name": "packc.lock"}]},
]


@pytest.mark.parametrize("record", ODD)
def test_a_record_that_is_none_is_never_verified(small: Path, record: dict[str, Any]) -> None:
    """It comes from whoever published the pack."""
    content = base64.b64encode(canonical(record)).decode()
    predicate = {"runDetails": {"byproducts": [{"name": "build.json", "content": content}]}}
    bundle = Bundle(pack(), "demo", "1.0.0", "oci")
    statement = Statement(PREDICATE, bundle.pack.digest, True, predicate)
    how = How(str(small), Host(discover()), Request())

    with pytest.raises(PackcError):
        rebuild(bundle, [statement], how, trust=True)

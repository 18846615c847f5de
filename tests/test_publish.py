"""`packc publish` on a real registry: the tag last, nothing twice, and nothing half-visible."""

from __future__ import annotations

import http.client
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from registries import (
    PASSWORD,
    USERNAME,
    Fault,
    Proxy,
    Weather,
    docker_registry,
    htpasswd,
    key_pair,
    proxy,
    token_server,
)

from packc.cli import main
from packc.cli.options import package as package_options
from packc.cli.options import publish as publish_options
from packc.model import OutputFile
from packc.publish.built import Built
from packc.publish.layout import write_layout
from packc.publish.manifest import pack_artifact
from packc.publish.model import Bundle, digest_of
from packc.publish.references import Reference, is_pre_release
from packc.publish.registry.client import PULL, Connection, HttpRegistry, open_registry
from packc.publish.registry.patience import Patience
from packc.publish.registry.tags import fallback_tag, listed

pytestmark = pytest.mark.tool("docker-registry")
PATIENT = Patience(total=10.0, first_pause=0.01, settle=0.05)
MANIFEST = "manifests.yaml"
ROOT = Path(__file__).parent.parent


def reader(host: str, repository: str = "packs/small") -> HttpRegistry:
    connection = Connection({}, is_plain=True, patience=PATIENT)
    return open_registry(Reference(host, repository), connection, PULL)


@pytest.fixture
def built(small: Path, tmp_path: Path) -> Path:
    """The folder of a variant that was built."""
    return build(small, tmp_path / "dist")


def build(source: Path, out: Path, *options: str) -> Path:
    arguments = ["build", str(source), "--cloud", "aws", "-o", str(out), "-q", *options]
    assert main(arguments) == 0
    return out / "small" / "1.0.0" / "aws"


@pytest.fixture
def host(tmp_path: Path) -> Iterator[str]:
    """A registry that is empty."""
    with docker_registry(tmp_path / "registry") as running:
        yield running


@pytest.fixture
def bad(host: str) -> Iterator[Proxy]:
    with proxy(host) as state:
        yield state


def arguments(source: Path, host: str, *options: str, settle: str = "0.02") -> list[str]:
    target = f"oci://{host}/packs/small"
    return ["publish", str(source), target, "--plain-http", "--settle", settle, *options]


def published(
    capsys: pytest.CaptureFixture[str], source: Path, host: str, *options: str
) -> dict[str, Any]:
    capsys.readouterr()
    code = main([*arguments(source, host), "--output", "json", *options])
    out, err = capsys.readouterr()
    assert code == 0, err
    found: dict[str, Any] = json.loads(out)
    return found


def everything(key: str) -> list[str]:
    return ["--key", key, "--sbom", "--provenance"]


# --- what is published ------------------------------------------------------------------------


def test_what_is_published_is_what_was_packaged(
    built: Path, host: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    layout = tmp_path / "small.oci.tar"
    assert main(["package", str(built), "-o", str(layout)]) == 0
    digest = capsys.readouterr().out.strip()

    found = published(capsys, layout, host, "--digest-file", str(tmp_path / "digest"))

    assert found["digest"] == digest
    assert (tmp_path / "digest").read_text() == f"{digest}\n"
    assert published(capsys, built, host)["changed"] is False
    tagged = reader(host).manifest("1.0.0")
    assert tagged is not None
    assert tagged.digest == digest


def test_a_second_publication_changes_nothing(
    built: Path, bad: Proxy, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    key, _ = key_pair(tmp_path)
    first = published(capsys, built, bad.host, *everything(key), "--also-tag", "latest")
    bad.requests.clear()

    second = published(capsys, built, bad.host, *everything(key), "--also-tag", "latest")

    assert first["changed"] is True
    assert second["changed"] is False
    assert second["tags"] == [
        {"tag": "1.0.0", "changed": False, "before": first["digest"]},
        {"tag": "latest", "changed": False, "before": first["digest"]},
    ]
    assert {request.split()[0] for request in bad.requests} == {"GET", "HEAD"}


def test_the_version_is_tagged_last_and_other_tags_after_it(
    built: Path, bad: Proxy, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    key, _ = key_pair(tmp_path)
    published(capsys, built, bad.host, *everything(key), "--also-tag", "latest")

    puts = [r.rpartition("/")[2] for r in bad.requests if r.startswith("PUT") and "manifests" in r]

    assert puts[0].startswith("sha256:")
    assert puts[1].endswith(".sig")
    assert puts[-2:] == ["1.0.0", "latest"]


def test_a_dry_run_writes_nothing(
    built: Path, bad: Proxy, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    key, _ = key_pair(tmp_path)

    found = published(capsys, built, bad.host, *everything(key), "--dry-run")

    assert found["dryRun"] is True
    assert found["tags"] == [{"tag": "1.0.0", "changed": True, "before": ""}]
    assert {request.split()[0] for request in bad.requests} == {"GET", "HEAD"}


ALL_KINDS = [
    "pack",
    "signature",
    "https://sigstore.dev/cosign/sign/v1",
    "application/vnd.cyclonedx+json",
    "https://cyclonedx.org/bom",
    "https://slsa.dev/provenance/v1",
]


def kinds(found: dict[str, Any]) -> list[str]:
    return [each["kind"] for each in found["sent"]]


def test_a_dry_run_names_what_is_sent_then(
    built: Path, host: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Of a new version, of one that was there unsigned, and of one that is there whole."""
    key, _ = key_pair(tmp_path)
    runs = [[], everything(key), everything(key)]

    found = [
        (published(capsys, built, host, *run, "--dry-run"), published(capsys, built, host, *run))
        for run in runs
    ]

    assert [kinds(plan) for plan, _ in found] == [["pack"], ALL_KINDS[1:], []]
    assert [plan["changed"] for plan, _ in found] == [True, True, False]
    for plan, done in found:
        assert plan | {"dryRun": False} == done


def test_a_dry_run_says_which_signatures_and_statements_would_be_sent(
    built: Path, host: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    key, _ = key_pair(tmp_path)
    published(capsys, built, host)

    said = []
    for options in (everything(key), []):
        assert main([*arguments(built, host), *options, "--dry-run"]) == 0
        said.append(capsys.readouterr().err.splitlines())

    uploads = [line for line in said[0] if line.startswith("would be uploading ")]
    assert [line.split()[3] for line in uploads] == ALL_KINDS[1:]
    assert said[0][-2:] == ["1.0.0 is there already", "nothing was sent"]
    assert said[1][-2:] == ["1.0.0 is there already", "nothing is to be sent"]


def test_a_palette_pack_goes_where_palette_looks(
    small: Path, host: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "palette"
    folder = out / "demo-1.0.0"
    folder.mkdir(parents=True)
    (folder / "pack.json").write_text('{"name": "demo", "version": "1.0.0", "layer": "addon"}')
    (folder / "values.yaml").write_text("a: 1\n")

    first = published(capsys, folder, host)
    target = f"oci://{host}/packs/small/spectro-packs/archive/demo"
    assert main(["publish", str(folder), target, "--plain-http"]) == 0

    assert first["reference"].startswith(f"{target}@sha256:")
    assert reader(host, "packs/small/spectro-packs/archive/demo").manifest("1.0.0") is not None


def test_the_palette_packs_that_the_help_and_the_page_show_are_built_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    page = (ROOT / "docs" / "publish.md").read_text()
    examples = "\n".join((page, package_options.EXAMPLES, publish_options.EXAMPLES))
    shown = re.findall(r"packc (?:package|publish) (dist/\S+/palette\S*)", examples)
    monkeypatch.chdir(tmp_path)

    calico = str(ROOT / "packs" / "calico")
    assert main(["build", calico, "--format", "palette", "--cloud", "aws", "-q"]) == 0

    assert len(shown) >= 3
    for folder in shown:
        assert main(["package", folder, "-o", "layout"]) == 0


def test_lines_tell_what_happens_where_there_is_no_terminal(
    built: Path, host: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(arguments(built, host)) == 0

    out, err = capsys.readouterr()
    assert out.startswith(f"oci://{host}/packs/small@sha256:")
    assert [line.split()[0] for line in err.splitlines()] == ["looking", "uploading", "tagging"]
    assert main([*arguments(built, host), "-q"]) == 0
    assert capsys.readouterr().err == ""


# --- tags -------------------------------------------------------------------------------------


def another(small: Path, out: Path) -> Path:
    return build(small, out, "--set", "small.size=7")


def test_a_tag_that_is_taken_is_not_moved(
    built: Path, small: Path, host: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    first = published(capsys, built, host)["digest"]
    other = another(small, tmp_path / "other")

    code = main(arguments(other, host))

    assert code == 3
    assert "error[PK631]" in capsys.readouterr().err
    tagged = reader(host).manifest("1.0.0")
    assert tagged is not None
    assert tagged.digest == first
    moved = published(capsys, other, host, "--force")
    assert moved["tags"] == [{"tag": "1.0.0", "changed": True, "before": first}]


def test_a_dry_run_says_what_it_would_do_and_writes_no_digest(
    built: Path, small: Path, host: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    first = published(capsys, built, host)["digest"]
    other = another(small, tmp_path / "other")
    digest = tmp_path / "digest"

    options = ("--force", "--dry-run", "--digest-file", str(digest))
    assert main([*arguments(other, host), *options]) == 0

    said = capsys.readouterr().err
    assert f"would be tagging 1.0.0, which named {first}" in said
    assert "nothing was sent" in said
    assert not digest.exists()


@pytest.mark.parametrize("name", ["missing/digest", "."])
def test_a_digest_that_cannot_be_written_is_said_before_anything_is_sent(
    built: Path, bad: Proxy, tmp_path: Path, name: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([*arguments(built, bad.host), "--digest-file", str(tmp_path / name)]) == 1

    said = capsys.readouterr().err
    assert "error[PK503]" in said
    assert "nothing was sent" in said
    assert bad.requests == []


def test_a_digest_of_before_stays_where_nothing_is_published(built: Path, tmp_path: Path) -> None:
    before, new = tmp_path / "before", tmp_path / "new"
    before.write_text("sha256:0\n")

    for file in (before, new):
        options = ["--digest-file", str(file), "--tries", "1"]
        assert main([*arguments(built, "127.0.0.1:1"), *options]) == 5

    assert before.read_text() == "sha256:0\n"
    assert not new.exists()


def test_a_floating_tag_never_takes_the_version_of_another_pack(
    built: Path, small: Path, host: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    later = tmp_path / "later"
    shutil.copytree(small, later)
    spec = later / "pack.yaml"
    spec.write_text(spec.read_text().replace("1.0.0", "2.0.0"))
    build(later, tmp_path / "other")
    first = published(capsys, tmp_path / "other/small/2.0.0/aws", host)["digest"]

    code = main([*arguments(built, host), "--also-tag", "2.0.0"])

    assert code == 3
    assert "the tag '2.0.0' is the version of a pack" in capsys.readouterr().err
    tagged = reader(host).manifest("2.0.0")
    assert tagged is not None
    assert tagged.digest == first
    assert reader(host).manifest("1.0.0") is None


def test_a_pack_of_the_same_content_is_left_where_that_is_allowed(
    built: Path, host: str, capsys: pytest.CaptureFixture[str]
) -> None:
    first = published(capsys, built, host)["digest"]
    again = [*arguments(built, host), "--compression", "gzip"]

    assert main(again) == 3
    assert "--allow-equivalent" in capsys.readouterr().err
    found = published(capsys, built, host, "--compression", "gzip", "--allow-equivalent")
    assert found["digest"] == first
    assert found["changed"] is False


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (["--sbom"], "PK640"),
        (["--also-tag", "a+b"], "PK611"),
        (["--also-tag", "sha256-0"], "PK611"),
        (["--username", "ci"], "PK640"),
        (["--ca", "missing.pem"], "PK641"),
    ],
)
def test_what_does_not_fit_a_layout_is_refused_before_anything_is_sent(
    built: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], options: list[str], words: str
) -> None:
    layout = tmp_path / "layout"
    assert main(["package", str(built), "-o", str(layout)]) == 0

    assert main(arguments(layout, "127.0.0.1:1", *options)) == 1
    assert words in capsys.readouterr().err


@pytest.mark.parametrize(
    ("version", "expected"),
    [
        ("1.0.0", False),
        ("v3.32", False),
        ("1.0.0.4", False),
        ("2024.11.30", False),
        ("stable", False),
        ("1.0.0-rc.1", True),
        ("v1-alpha", True),
        ("2.0.0rc1", True),
        ("2.0.dev3", True),
        ("1.0b2", True),
    ],
)
def test_a_pre_release_is_known_by_its_version(version: str, expected: bool) -> None:
    assert is_pre_release(version) is expected


def test_a_tag_that_moves_is_moved_for_a_pre_release_only_if_asked(
    built: Path, host: str, capsys: pytest.CaptureFixture[str]
) -> None:
    target = f"oci://{host}/packs/small:1.0.0-rc.1"
    command = ["publish", str(built), target, "--plain-http", "--settle", "0"]

    assert main([*command, "--also-tag", "latest"]) == 1
    assert "PK640" in capsys.readouterr().err
    assert reader(host).manifest("1.0.0-rc.1") is None
    assert main([*command, "--also-tag", "latest", "--allow-pre-release"]) == 0
    assert reader(host).manifest("latest") is not None


def test_another_digest_than_the_reviewed_one_is_refused(
    built: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    target = f"oci://127.0.0.1:1/packs/small@{digest_of(b'reviewed')}"

    assert main(["publish", str(built), target]) == 1
    assert "PK640" in capsys.readouterr().err


def test_a_private_key_in_a_layout_of_others_is_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    key = Path(key_pair(tmp_path)[0]).read_bytes()
    files = (OutputFile("key.pem", key),)
    pack = pack_artifact(Built("demo", "1.0.0", "oci", files), tag="1.0.0")
    write_layout(Bundle(pack, "demo", "1.0.0", "oci"), tmp_path / "layout")

    assert main(arguments(tmp_path / "layout", "127.0.0.1:1")) == 1
    assert "PK608" in capsys.readouterr().err


# --- logins -----------------------------------------------------------------------------------


@pytest.mark.tool("htpasswd")
def test_a_password_is_read_and_never_shown(built: Path, tmp_path: Path) -> None:
    key, _ = key_pair(tmp_path)
    command = [sys.executable, "-m", "packc"]
    with docker_registry(tmp_path / "auth", auth=htpasswd(tmp_path / "auth")) as host:
        right = [*command, *arguments(built, host, *everything(key), "--username", USERNAME)]
        done = subprocess.run(
            [*right, "--password-stdin"], input=f"{PASSWORD}\n", capture_output=True, text=True
        )
        wrong = subprocess.run(
            [*right, "--password-stdin"], input="wrong-word\n", capture_output=True, text=True
        )
        none = subprocess.run(
            [*command, *arguments(built, host)],
            capture_output=True,
            text=True,
            stdin=subprocess.DEVNULL,
        )

    assert done.returncode == 0, done.stderr
    assert wrong.returncode == none.returncode == 4
    for text in (done.stdout, done.stderr, wrong.stdout, wrong.stderr):
        assert PASSWORD not in text
        assert "wrong-word" not in text


def test_a_login_of_docker_is_used_with_a_server_of_tokens(
    built: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with (
        token_server(tmp_path / "tokens") as tokens,
        docker_registry(tmp_path / "auth", auth=tokens.auth) as host,
    ):
        auths = {host: {"identitytoken": "identity"}}
        monkeypatch.setenv("DOCKER_AUTH_CONFIG", json.dumps({"auths": auths}))

        assert main(arguments(built, host)) == 0
        assert tokens.logins == ["identity"]


# --- a bad network ----------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["drop", "lose", 503])
def test_each_request_may_fail_once(
    built: Path, bad: Proxy, tmp_path: Path, capsys: pytest.CaptureFixture[str], kind: str | int
) -> None:
    key, public = key_pair(tmp_path)
    bad.faults += [
        Fault(f"{method} .*/{what}/", kind, 1, {"Retry-After": "0"})
        for method in ("GET", "HEAD", "POST", "PUT")
        for what in ("manifests", "blobs")
    ]

    published(capsys, built, bad.host, *everything(key))

    verified = ["verify", f"oci://{bad.host}/packs/small:1.0.0", "--plain-http", "--key", public]
    assert main(verified) == 0


@pytest.mark.parametrize("seed", range(3))
def test_a_quarter_of_all_requests_may_fail(
    built: Path, bad: Proxy, tmp_path: Path, capsys: pytest.CaptureFixture[str], seed: int
) -> None:
    key, public = key_pair(tmp_path)
    bad.faults.append(Weather("", 500, headers={"Retry-After": "0"}, seed=seed))

    published(capsys, built, bad.host, *everything(key))
    count = len(bad.requests)
    source = ["pull", f"oci://{bad.host}/packs/small:1.0.0", "--plain-http", "--key", public]

    assert main([*source, "-o", str(tmp_path / "out")]) == 0
    assert (tmp_path / "out" / MANIFEST).read_bytes() == (built / MANIFEST).read_bytes()
    assert count < 100


def test_a_registry_that_never_works_is_given_up_soon(
    built: Path, bad: Proxy, capsys: pytest.CaptureFixture[str]
) -> None:
    bad.faults.append(Fault("PUT .*/blobs/", 500, 99, {"Retry-After": "0"}))

    assert main([*arguments(built, bad.host), "--tries", "3"]) == 5
    assert "it answers with 500" in capsys.readouterr().err
    methods = [request.split()[0] for request in bad.requests]
    assert methods == ["GET", "HEAD", "POST", "PUT", "HEAD", "POST", "PUT", "HEAD", "POST", "PUT"]


def test_a_registry_that_is_away_is_another_exit_code_than_one_that_refuses(
    built: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([*arguments(built, "127.0.0.1:1"), "--timeout", "0.3"]) == 5
    assert "error[PK634]" in capsys.readouterr().err


def test_of_publishers_at_once_the_loser_is_told(small: Path, host: str, tmp_path: Path) -> None:
    """Six packs of one version at the same time: who says that it is done is who has the tag."""
    folders = [
        build(small, tmp_path / str(size), "--set", f"small.size={size}") for size in range(2, 8)
    ]
    publishers = [
        subprocess.Popen(
            [sys.executable, "-m", "packc", *arguments(folder, host, settle="0.5"), "-q"],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        for folder in folders
    ]

    ended = [(each.communicate(timeout=60), each.returncode) for each in publishers]

    tagged = reader(host).manifest("1.0.0")
    assert tagged is not None
    winners = [out for (out, _), code in ended if code == 0]
    assert [out.strip().rpartition("@")[2] for out in winners] == [tagged.digest]
    assert {code for _, code in ended} == {0, 3}


# --- interrupted ------------------------------------------------------------------------------

STEPS = 10
"""How many requests of the publication are each the last one before it is killed."""


def test_a_publication_killed_at_any_step_shows_no_version_and_completes_the_next_time(
    built: Path, bad: Proxy, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    key, public = key_pair(tmp_path)
    command = [*arguments(built, bad.host, "--key", key), "--timeout", "20"]
    whole = count_requests(command, bad)
    visible = []
    for number in range(0, whole, max(1, whole // STEPS)):
        target = f"packs/killed-{number}"
        killed = [argument.replace("packs/small", target) for argument in command]
        kill_at(killed, bad, number)
        tagged = reader(bad.host, target).manifest("1.0.0")
        verified = ["verify", f"oci://{bad.host}/{target}:1.0.0", "--plain-http", "--key", public]
        if tagged is not None:
            visible.append(number)
            assert main(verified) == 0
        assert main(killed) == 0
        assert main(verified) == 0
        capsys.readouterr()

    assert all(number >= whole - 4 for number in visible)


def count_requests(command: list[str], bad: Proxy) -> int:
    bad.requests.clear()
    assert main(command) == 0
    return len(bad.requests)


def kill_at(command: list[str], bad: Proxy, number: int) -> None:
    """Run a command, and kill it when it has sent so many requests and one more."""
    bad.requests.clear()
    environment = os.environ | {"PYTHONDONTWRITEBYTECODE": "1"}
    with subprocess.Popen(
        [sys.executable, "-m", "packc", *command],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        env=environment,
    ) as process:
        while len(bad.requests) <= number and process.poll() is None:
            time.sleep(0.0005)
        process.send_signal(signal.SIGKILL)


# --- other tools ------------------------------------------------------------------------------


@pytest.mark.tool("skopeo")
def test_skopeo_reads_and_copies_it(
    built: Path, host: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    digest = published(capsys, built, host)["digest"]
    source = f"docker://{host}/packs/small:1.0.0"
    copy = ["skopeo", "copy", "--insecure-policy", "--src-tls-verify=false"]

    raw = subprocess.run(
        ["skopeo", "inspect", "--raw", "--tls-verify=false", source],
        capture_output=True,
        check=True,
    )
    subprocess.run(
        [*copy, source, f"oci:{tmp_path}/copy:1.0.0"],
        check=True,
        capture_output=True,
    )

    assert digest_of(raw.stdout) == digest
    assert main(["verify", str(tmp_path / "copy"), "--unsigned"]) == 0
    assert digest in capsys.readouterr().out


@pytest.mark.tool("cosign")
def test_cosign_accepts_the_signature(
    built: Path, host: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    key, public = key_pair(tmp_path)
    _, stranger = key_pair(tmp_path, "stranger", 0xBADBEEF)
    digest = published(capsys, built, host, *everything(key))["digest"]
    command = ["cosign", "verify", "--insecure-ignore-tlog=true", "--allow-http-registry"]
    place = f"{host}/packs/small@{digest}"

    good = subprocess.run([*command, "--key", public, place], capture_output=True, text=True)
    bad_key = subprocess.run([*command, "--key", stranger, place], capture_output=True, text=True)

    assert good.returncode == 0, good.stderr
    assert digest in good.stdout
    assert bad_key.returncode != 0


@pytest.mark.tool("cosign")
@pytest.mark.parametrize("kind", ["slsaprovenance1", "cyclonedx"])
def test_cosign_accepts_the_statements(
    built: Path, host: str, tmp_path: Path, capsys: pytest.CaptureFixture[str], kind: str
) -> None:
    """As docs/publish.md says, with a trusted root that trusts nobody: the key alone decides."""
    key, public = key_pair(tmp_path)
    _, stranger = key_pair(tmp_path, "stranger", 0xBADBEEF)
    digest = published(capsys, built, host, *everything(key))["digest"]
    page = Path(__file__).parent.parent / "docs" / "publish.md"
    (root,) = re.findall(r"^echo '(.*)' > root.json$", page.read_text(), re.MULTILINE)
    (tmp_path / "root.json").write_text(root)
    command = ["cosign", "verify-attestation", "--insecure-ignore-tlog=true", "--type", kind]
    command += ["--allow-http-registry", "--new-bundle-format", "--trusted-root", "root.json"]

    codes = [
        subprocess.run(
            [*command, "--key", each, f"{host}/packs/small@{digest}"],
            cwd=tmp_path,
            env={**os.environ, "HOME": str(tmp_path)},
            capture_output=True,
        ).returncode
        for each in (public, stranger)
    ]

    assert codes == [0, 1]


def test_what_the_garbage_collection_took_is_published_again(
    built: Path, bad: Proxy, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    key, public = key_pair(tmp_path)
    found = published(capsys, built, bad.host, "--key", key)
    lost = found["referrers"][0]["digest"]
    connection = http.client.HTTPConnection(bad.host)
    connection.request("DELETE", f"/v2/packs/small/manifests/{lost}")
    assert connection.getresponse().status == 202
    connection.close()
    command = ["verify", f"oci://{bad.host}/packs/small:1.0.0", "--plain-http", "--key", public]

    assert main(command) == 0
    assert "warning[PK639]" in capsys.readouterr().err
    plan = published(capsys, built, bad.host, "--key", key, "--dry-run")
    again = published(capsys, built, bad.host, "--key", key)
    assert plan["changed"] is again["changed"] is True
    assert [each["digest"] for each in plan["sent"]] == [lost]
    assert plan["sent"] == again["sent"]
    assert main(command) == 0
    assert "PK639" not in capsys.readouterr().err


def test_signatures_of_others_stay(
    built: Path, host: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Two keys sign one pack, as when a key is changed: both signatures hold."""
    old, new = key_pair(tmp_path, "old", 7), key_pair(tmp_path, "new", 8)
    digest = published(capsys, built, host, "--key", old[0])["digest"]
    published(capsys, built, host, "--key", new[0])

    reference = f"oci://{host}/packs/small@{digest}"
    for _, public in (old, new):
        assert main(["verify", reference, "--plain-http", "--key", public]) == 0
    entries = listed(reader(host).manifest(fallback_tag(digest)), "")
    assert len(entries) == 2

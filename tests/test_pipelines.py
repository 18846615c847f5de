"""What CI systems are given: the action, the component and the hooks, run as far as can be here."""

from __future__ import annotations

import os
import re
import shlex
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from string import Template
from typing import Any

import pytest
import yaml
from attrs import Factory, define
from registries import certificate, docker_registry, htpasswd, key_pair

from packc.cli import main, pre_commit

ROOT = Path(__file__).parent.parent
ACTION = ROOT / "action.yml"
COMPONENT = ROOT / "templates" / "packc.yml"
HOOKS = ROOT / ".pre-commit-hooks.yaml"
SCRIPTS = sorted((ROOT / "templates").glob("*.sh"))
PAGES = ROOT / "docs" / "pipelines"
PASSWORD = "s3cret:pass-word"
DIGEST = r"sha256:[0-9a-f]{64}"
BLOCK = re.compile(r"^```yml\n# (?P<title>[^\n]*)\n(?P<body>.*?)^```$", re.MULTILINE | re.DOTALL)


# --- what stands in the files -----------------------------------------------------------------


def validated(file: Path, schema: str) -> str:
    command = [sys.executable, "-m", "check_jsonschema", "--builtin-schema", f"vendor.{schema}"]
    done = subprocess.run([*command, file], capture_output=True, text=True)
    return done.stdout + done.stderr if done.returncode else ""


def component(**inputs: str) -> Any:
    """Return the jobs of the component, as GitLab writes its inputs into them."""
    head, _, body = COMPONENT.read_text(encoding="utf-8").partition("\n---\n")
    given = {
        name: inputs.get(name, about["default"])
        for name, about in yaml.safe_load(head)["spec"]["inputs"].items()
    }
    text = re.sub(r"\$\[\[ inputs\.([\w-]+) \]\]", lambda m: as_yaml(given[m[1]]), body)
    return yaml.safe_load(text)


def as_yaml(text: str) -> str:
    """Return a text as YAML writes it in a place where a value stands."""
    return str(yaml.safe_dump(text, default_style='"', width=10_000)).strip()


def test_the_action_is_what_github_takes() -> None:
    assert validated(ACTION, "github-actions") == ""


def test_the_component_is_what_gitlab_takes(tmp_path: Path) -> None:
    file = tmp_path / "packc.yml"
    file.write_text(yaml.safe_dump(component(), sort_keys=False))

    assert validated(file, "gitlab-ci") == ""


def test_the_hooks_are_what_pre_commit_takes() -> None:
    command = [sys.executable, "-m", "pre_commit", "validate-manifest", HOOKS]

    subprocess.run(command, check=True, capture_output=True)


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda path: path.name)
def test_shellcheck_finds_nothing(script: Path) -> None:
    done = subprocess.run(["shellcheck", script], capture_output=True, text=True, env=with_tools())

    assert done.stdout == ""


def with_tools() -> dict[str, str]:
    """Return the environment with the programs of this Python's packages."""
    return {**os.environ, "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}"}


def blocks(page: str) -> dict[str, str]:
    text = (PAGES / page).read_text(encoding="utf-8")
    return {block["title"]: block["body"] for block in BLOCK.finditer(text)}


@pytest.mark.parametrize(
    ("page", "start", "schema"),
    [("github.md", ".github/", "github-workflows"), ("gitlab.md", ".gitlab-ci", "gitlab-ci")],
)
def test_the_examples_of_a_page_are_taken_too(
    tmp_path: Path, page: str, start: str, schema: str
) -> None:
    found = {title: body for title, body in blocks(page).items() if title.startswith(start)}
    assert found

    for number, body in enumerate(found.values()):
        file = tmp_path / f"{number}.yml"
        file.write_text(body)
        assert validated(file, schema) == ""


def test_the_examples_give_inputs_that_the_action_has() -> None:
    known = yaml.safe_load(ACTION.read_text())["inputs"].keys()
    text = (PAGES / "github.md").read_text(encoding="utf-8")
    steps = re.findall(r"uses: OWNER/packc@REF\n(?:.*\n)*?(\s+)with:\n((?:\1  .*\n)+)", text)

    given = {name for _, body in steps for name in yaml.safe_load(body)}
    assert len(steps) == 3
    assert given <= known


def test_the_configuration_of_pre_commit_is_taken(tmp_path: Path) -> None:
    file = tmp_path / ".pre-commit-config.yaml"
    file.write_text(blocks("pre-commit.md")[".pre-commit-config.yaml"])
    command = [sys.executable, "-m", "pre_commit", "validate-config", file]

    subprocess.run(command, check=True, capture_output=True)


@pytest.mark.parametrize("page", ["github.md", "gitlab.md"])
def test_the_page_lists_the_inputs_with_their_defaults(page: str) -> None:
    text = (PAGES / page).read_text(encoding="utf-8")
    if page == "github.md":
        inputs = yaml.safe_load(ACTION.read_text())["inputs"]
    else:
        inputs = next(yaml.safe_load_all(COMPONENT.read_text()))["spec"]["inputs"]
    rows = re.findall(r"^\| (`[^|]+`) \| ([^|]*?) ?\| ", text, re.MULTILINE)
    listed = {
        name: default.strip("`")
        for names, defaults in rows
        for name, default in zip(re.findall(r"`([^`]+)`", names), defaults.split(", "), strict=True)
    }

    assert listed == {name: str(about["default"]) for name, about in inputs.items()}


# --- a place to run them ----------------------------------------------------------------------


@define
class Job:
    """A folder as CI systems give one: a checkout, packc on the PATH, a registry that is trusted.

    `calls` is what was given to packc on its command line.
    """

    folder: Path
    environment: dict[str, str]
    repository: str
    outputs: dict[str, str] = Factory(dict)

    @property
    def calls(self) -> str:
        return (self.folder / "calls").read_text()

    def run(self, *command: str | Path, **more: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            command,
            cwd=self.folder,
            env=self.environment | more,
            capture_output=True,
            text=True,
        )

    def action(self, **inputs: str) -> subprocess.CompletedProcess[str]:
        """Run the action, but for what installs things, as GitHub does: with Bash, step by step."""
        action = yaml.safe_load(ACTION.read_text())
        given = {name: about["default"] for name, about in action["inputs"].items()}
        given |= {name.replace("_", "-"): text for name, text in inputs.items()}
        (step,) = (step for step in action["runs"]["steps"] if step.get("id") == "packc")
        done = self.run(
            *("bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", step["run"]),
            **{name: expression(text, given) for name, text in step["env"].items()},
        )
        written = (self.folder / "output").read_text().splitlines()
        self.outputs = dict(line.split("=", 1) for line in written)
        return done


def expression(text: str, inputs: Mapping[str, str]) -> str:
    return re.sub(r"\$\{\{ inputs\.([\w-]+) \}\}", lambda match: inputs[match[1]], text)


@pytest.fixture
def job(small: Path, tmp_path: Path) -> Iterator[Job]:
    private, public = key_pair(tmp_path)
    shim = tmp_path / "bin" / "packc"
    shim.parent.mkdir()
    shim.write_text(
        f'#!/bin/sh\necho "$@" >> {shlex.quote(str(tmp_path / "calls"))}\n'
        f'exec {shlex.quote(sys.executable)} -m packc "$@"\n'
    )
    shim.chmod(0o755)
    (tmp_path / "output").touch()
    tls, auth = certificate(tmp_path / "registry"), htpasswd(tmp_path / "registry")
    with docker_registry(tmp_path / "registry", auth=auth, tls=tls) as host:
        environment = {
            "PATH": f"{shim.parent}:{os.environ['PATH']}",
            "HOME": str(tmp_path),
            "PYTHONPATH": os.pathsep.join(filter(None, sys.path)),
            "SSL_CERT_FILE": str(tmp_path / "registry" / "ca.pem"),
            "GITHUB_ACTION_PATH": str(ROOT),
            "GITHUB_OUTPUT": str(tmp_path / "output"),
            "PACKC_KEY": Path(private).read_text(),
            "PACKC_PUBLIC_KEY": Path(public).read_text(),
            "PACKC_REGISTRY_USERNAME": "ci",
            "PACKC_REGISTRY_PASSWORD": PASSWORD,
        }
        yield Job(tmp_path, environment, f"oci://{host}/packs/small")


REGISTRY = pytest.mark.tool("docker-registry", "htpasswd", "openssl")


def assert_no_secret(job: Job, done: subprocess.CompletedProcess[str]) -> None:
    """No secret was given on a command line, or printed."""
    secrets = (PASSWORD, job.environment["PACKC_KEY"].splitlines()[1])
    assert not any(each in job.calls + done.stdout + done.stderr for each in secrets)


# --- the action -------------------------------------------------------------------------------


@REGISTRY
def test_the_action_publishes_and_answers_with_the_digest(job: Job) -> None:
    done = job.action(
        command="publish",
        arguments="--cloud=aws\n--set=small.word=two words\n",
        folder="*/*/aws",
        reference=job.repository,
        key="env://PACKC_KEY",
        publish_arguments="--also-tag=latest",
    )

    assert done.returncode == 0, done.stderr
    assert set(job.outputs) == {"layout", "digest", "reference"}
    assert re.fullmatch(DIGEST, job.outputs["digest"])
    assert job.outputs["reference"] == f"{job.repository}@{job.outputs['digest']}"
    assert_no_secret(job, done)
    verify = ("packc", "verify", "--key", "env://PACKC_PUBLIC_KEY")
    assert job.run(*verify, f"{job.repository}:1.0.0").returncode == 0
    assert job.run(*verify, job.outputs["layout"]).returncode == 0


@REGISTRY
def test_the_action_checks(job: Job) -> None:
    assert job.action(packs="packs/*").returncode == 0
    spec = job.folder / "packs/small/pack.yaml"
    spec.write_text(spec.read_text().replace("maximum: 9", "maximum: 0"))

    done = job.action(command="check")

    assert done.returncode == 1
    assert "::error file=packs/small/pack.yaml,line=" in done.stdout


@REGISTRY
@pytest.mark.parametrize(
    ("inputs", "words"),
    [
        ({"command": "deploy"}, "found the command 'deploy'"),
        ({"command": "package", "folder": "*/*/*"}, "fits 2 folders, expected one"),
        ({"command": "package", "folder": "nothing"}, "fits 0 folders, expected one"),
        ({"command": "publish"}, "the input 'reference' is missing"),
        ({"command": "publish", "packs": "nowhere"}, "PK127"),
        ({"command": "package", "key": "env://MISSING"}, "PK616"),
        ({"command": "publish", "reference": "oci://127.0.0.1:1/small; touch made"}, "PK610"),
        ({"command": "check", "arguments": "--values=$(touch made)"}, "PK101"),
    ],
)
def test_the_action_stops_at_what_is_wrong(job: Job, inputs: dict[str, str], words: str) -> None:
    done = job.action(**inputs)

    assert done.returncode != 0
    assert words in done.stdout + done.stderr
    assert "reference" not in job.outputs
    assert not (job.folder / "made").exists()


@REGISTRY
def test_the_action_ends_with_the_exit_code_of_packc(job: Job) -> None:
    given = {"command": "publish", "folder": "*/*/aws", "reference": job.repository}
    assert job.action(**given).returncode == 0

    assert job.action(**given).returncode == 0
    assert job.action(**given, arguments="--set=small.size=2").returncode == 3


def test_the_action_installs_itself_with_what_its_commands_need(
    tmp_path: Path, job_of_install: dict[str, str]
) -> None:
    step = next(s for s in yaml.safe_load(ACTION.read_text())["runs"]["steps"] if "run" in s)
    done = subprocess.run(
        ["bash", "-eo", "pipefail", "-c", step["run"]],
        env=job_of_install,
        capture_output=True,
        text=True,
    )
    skip_without_index(done)

    assert done.returncode == 0, done.stderr
    folder = (tmp_path / "path").read_text().strip()
    code = "import urllib3, kubernetes_validate, packc; print(packc.__file__)"
    found = subprocess.check_output([f"{folder}/python", "-c", code], text=True, cwd=tmp_path)
    assert found.startswith(str(tmp_path / "packc"))


@pytest.fixture
def job_of_install(tmp_path: Path) -> dict[str, str]:
    return {
        **os.environ,
        "GITHUB_ACTION_PATH": str(sources(tmp_path / "action")),
        "GITHUB_PATH": str(tmp_path / "path"),
        "RUNNER_TEMP": str(tmp_path),
        "INPUT_VERSION": "",
        "INPUT_REQUIREMENTS": "",
    }


def sources(folder: Path) -> Path:
    """Copy what is in the repository and of use to an installer, as a checkout has it."""
    skipped = shutil.ignore_patterns("__pycache__")
    for name in ("packc", "plugins", "templates"):
        shutil.copytree(ROOT / name, folder / name, ignore=skipped)
    for name in ("pyproject.toml", "README.md", "LICENSE", ".pre-commit-hooks.yaml"):
        shutil.copy(ROOT / name, folder)
    return folder


def skip_without_index(done: subprocess.CompletedProcess[str]) -> None:
    if (
        "from versions: none" in done.stdout + done.stderr
        and "PACKC_REQUIRE_TOOLS" not in os.environ
    ):
        pytest.skip("no package index can be reached")


# --- the component ----------------------------------------------------------------------------


def gitlab(job: Job, name: str, jobs: Any) -> subprocess.CompletedProcess[str]:
    """Run the script of a job, but for what installs things, with the variables of GitLab."""
    about = jobs[name]
    variables = {**jobs[about["extends"]]["variables"], **about.get("variables", {})}
    known = {
        "CI_REGISTRY_IMAGE": job.repository.removeprefix("oci://"),
        "CI_REGISTRY_USER": "ci",
        "CI_REGISTRY_PASSWORD": PASSWORD,
    }
    expanded = {key: Template(text).safe_substitute(known) for key, text in variables.items()}
    return job.run("sh", "-ec", "\n".join(about["script"]), **expanded)


@REGISTRY
def test_the_jobs_of_the_component_publish(job: Job) -> None:
    del job.environment["PACKC_REGISTRY_USERNAME"], job.environment["PACKC_REGISTRY_PASSWORD"]
    jobs = component(key="env://PACKC_KEY", **{"publish-arguments": "--also-tag latest"})

    for name in ("packc-check", "packc-build", "packc-publish"):
        done = gitlab(job, name, jobs)
        assert done.returncode == 0, done.stderr
    assert_no_secret(job, done)
    assert re.fullmatch(f"PACKC_DIGEST={DIGEST}\n", (job.folder / "packc.env").read_text())
    login = {"PACKC_REGISTRY_USERNAME": "ci", "PACKC_REGISTRY_PASSWORD": PASSWORD}
    verify = ("packc", "verify", f"{job.repository}/packs:1.0.0", "--key", "env://PACKC_PUBLIC_KEY")
    assert job.run(*verify, **login).returncode == 0


@REGISTRY
def test_a_job_of_the_component_signs_nothing_without_a_key(job: Job) -> None:
    assert gitlab(job, "packc-build", component(arguments="--cloud aws")).returncode == 0
    assert gitlab(job, "packc-publish", component()).returncode == 0

    assert "--key" not in job.calls


def test_the_files_of_a_job_are_those_that_its_script_makes() -> None:
    publish = component()["packc-publish"]

    assert publish["artifacts"]["paths"] == ["pack.oci.tar"]
    assert publish["artifacts"]["reports"]["dotenv"] == "packc.env"
    assert all(name in "\n".join(publish["script"]) for name in ("pack.oci.tar", "packc.env"))


# --- a whole release --------------------------------------------------------------------------


@REGISTRY
def test_the_release_script_publishes_what_it_verifies(job: Job) -> None:
    """Twice: the second time nothing is new."""
    assert job.run("packc", "lock", "packs/small", "-q").returncode == 0
    command = (ROOT / "templates/release.sh", "packs/small", job.repository, "--also-tag", "latest")

    first, second = job.run(*command), job.run(*command)

    assert first.returncode == 0, first.stderr
    assert re.fullmatch(f"{job.repository}@{DIGEST}\n", first.stdout)
    assert second.stdout == first.stdout
    assert "built again from packs/small: the same 4 files" in first.stderr
    assert_no_secret(job, first)


@REGISTRY
def test_the_release_script_reaches_the_registry_in_all_steps_as_asked(job: Job) -> None:
    """The authority is trusted by an option alone; what is for publishing stays there."""
    assert job.run("packc", "lock", "packs/small", "-q").returncode == 0
    authority = job.folder / "an authority.pem"
    authority.write_text(Path(job.environment.pop("SSL_CERT_FILE")).read_text())
    options = ("--also-tag", "latest", "--ca", "an authority.pem", "--tries=3", "--timeout", "60")

    done = job.run(ROOT / "templates/release.sh", "packs/small", job.repository, *options)

    assert done.returncode == 0, done.stderr
    assert re.fullmatch(f"{job.repository}@{DIGEST}\n", done.stdout)
    calls = {call.split()[0]: call for call in job.calls.splitlines()}
    for name in ("verify", "pull"):
        assert calls[name].endswith(" --ca an authority.pem --tries=3 --timeout 60")


def test_the_page_locks_the_pack_before_it_shows_the_release() -> None:
    page = (ROOT / "docs" / "publish.md").read_text()
    pack, _, after = page.partition("\ntemplates/release.sh ")[2].partition(" ")

    assert after.startswith("oci://")
    assert f"\npackc lock {pack}\n" in page.partition("\ntemplates/release.sh ")[0]


@REGISTRY
def test_the_release_script_publishes_nothing_that_is_not_as_locked(job: Job) -> None:
    assert job.run("packc", "lock", "packs/small", "-q").returncode == 0
    with (job.folder / "packs/small/base/objects.yaml").open("a") as base:
        base.write("# changed\n")

    done = job.run(ROOT / "templates/release.sh", "packs/small", job.repository)

    assert done.returncode == 1
    assert done.stdout == ""
    assert "PK234" in done.stderr
    assert "publish" not in job.calls


# --- hooks ------------------------------------------------------------------------------------


@pytest.fixture
def checkout(small: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(small.parent.parent)
    return small.parent.parent


@pytest.mark.usefixtures("checkout")
def test_a_hook_takes_the_packs_that_changed(capsys: pytest.CaptureFixture[str]) -> None:
    files = ["packs/small/pack.yaml", "packs/small/base/objects.yaml", "README.md", "packs/x/y"]

    assert pre_commit.run(["check", "--", *files]) == 0
    assert capsys.readouterr().out.startswith("small 1.0.0: ")


@pytest.mark.usefixtures("checkout")
def test_a_hook_does_nothing_where_no_pack_changed(capsys: pytest.CaptureFixture[str]) -> None:
    assert pre_commit.run(["check", "--", "README.md"]) == 0
    assert pre_commit.run(["lock", "--check", "--", "packs/small/pack.yaml"]) == 0
    assert capsys.readouterr() == ("", "")


def test_a_hook_finds_what_is_wrong(checkout: Path, capsys: pytest.CaptureFixture[str]) -> None:
    files = ["packs/small/base/objects.yaml"]
    assert pre_commit.run(["lock", "--", "packs/small/pack.yaml"]) == 0
    assert main(["lock", "packs/small", "-q"]) == 0
    assert pre_commit.run(["lock", "--check", "--", *files]) == 0
    with (checkout / files[0]).open("a") as base:
        base.write("# changed\n")

    assert pre_commit.run(["lock", "--check", "--", *files]) == 1
    assert "PK234" in capsys.readouterr().err
    (checkout / files[0]).write_text("{")
    assert pre_commit.run(["check", "--", *files]) == 1


def test_a_hook_needs_its_arguments_apart_from_its_files(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert pre_commit.run(["check", "--fail-on=note", "README.md"]) == 2
    assert "end with '--'" in capsys.readouterr().err


def git(folder: Path, *arguments: str) -> None:
    identity = ["-c", "user.name=t", "-c", "user.email=t@example.org", "-c", "commit.gpgsign=false"]
    subprocess.run(["git", *identity, *arguments], cwd=folder, check=True, capture_output=True)


def test_pre_commit_installs_and_runs_the_hooks(small: Path, tmp_path: Path) -> None:
    """The one test of it as it is used; it takes half a minute, most of it for pip."""
    hooks = sources(tmp_path / "hooks")
    git(hooks, "init", "--quiet")
    git(hooks, "add", "--all")
    git(hooks, "commit", "--quiet", "--message", "packc")
    project = small.parent.parent
    git(project, "init", "--quiet")
    git(project, "add", "packs")
    environment = with_tools() | {"PRE_COMMIT_HOME": str(tmp_path / "home")}

    def attempt(hook: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-m", "pre_commit", "try-repo", hooks, hook, "--verbose"]
        files = ["--files", "packs/small/base/objects.yaml"]
        return subprocess.run(
            [*command, *files], cwd=project, env=environment, capture_output=True, text=True
        )

    done = attempt("packc-check")
    skip_without_index(done)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "small 1.0.0: " in done.stdout
    (small / "base/objects.yaml").write_text("{")
    git(project, "add", "packs")
    done = attempt("packc-check")
    assert done.returncode == 1
    assert "packs/small/base/objects.yaml:1:" in done.stdout

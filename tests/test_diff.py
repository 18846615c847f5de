"""`packc diff`: all kinds of sides, what is told of a difference, and what is never shown."""

from __future__ import annotations

import base64
import json
import shutil
import subprocess
import textwrap
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from packc.cli import main

Run = Callable[..., "Outcome"]

PACK = """\
packc: 1
name: demo
version: "1.0"
title: Demo
description: A small pack.
clouds:
- aws
- azure
parameters:
- name: demo.size
  type: integer
  description: How large it is.
  default: 3
- name: demo.password
  type: string
  description: What nobody may see.
  secret: true
  default: swordfish
objects:
- files: base.yaml
bindings:
- parameter: demo.size
  object: ConfigMap/demo
  path: /data/size
  as: string
- parameter: demo.password
  object: Secret/demo
  path: /stringData/password
- parameter: demo.password
  object: ConfigMap/demo
  path: /data/token
patches:
- patches/cloud.yaml
impacts:
- object: ConfigMap/demo
  path: /data/size
  class: cuts-traffic
  reason: the network is as large as that
"""

BASE = """\
apiVersion: v1
kind: ConfigMap
metadata:
  name: demo
data:
  mode: slow
  size: "3"
  text: |
    one
    two
    three
  token: none
---
apiVersion: v1
kind: Secret
metadata:
  name: demo
stringData:
  login: "root:none"
  password: none
"""

PATCH = """\
patches:
- object: ConfigMap/demo
  when: {cloud: azure}
  operations:
  - op: replace
    path: /data/mode
    value: fast
"""


class Outcome:
    """What a command came to."""

    def __init__(self, code: int, out: str, err: str) -> None:
        self.code, self.out, self.err = code, out, err

    @property
    def data(self) -> Any:
        return json.loads(self.out)

    @property
    def changes(self) -> list[tuple[str, str, Any, Any]]:
        """Return the changes of the JSON output: object, path, before, after."""
        return [
            (entry["object"], change["path"], change.get("before"), change.get("after"))
            for pair in self.data["pairs"]
            for entry in pair["objects"]
            for change in entry["changes"]
        ]


@pytest.fixture
def packc(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Run:
    """Return a function that runs a command beside a pack named `demo`."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("NO_COLOR", raising=False)
    write_pack(Path("demo"))

    def run(*arguments: str) -> Outcome:
        try:
            code = main(arguments)
        except SystemExit as end:
            code = int(end.code or 0)
        captured = capsys.readouterr()
        return Outcome(code, captured.out, captured.err)

    return run


def write_pack(folder: Path, **replaced: str) -> None:
    """Write the pack; `replaced` gives other texts for its files, by their stem."""
    (folder / "patches").mkdir(parents=True, exist_ok=True)
    (folder / "pack.yaml").write_text(replaced.get("pack", PACK))
    (folder / "base.yaml").write_text(replaced.get("base", BASE))
    (folder / "patches" / "cloud.yaml").write_text(replaced.get("patch", PATCH))


def git(*arguments: str) -> str:
    identity = ("-c", "user.name=Somebody", "-c", "user.email=somebody@example.org")
    command = ("git", *identity, "-c", "commit.gpgsign=false", *arguments)
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    return done.stdout.strip()


@pytest.fixture
def repository(packc: Run) -> Run:
    """A repository with the pack as `v1`, and a change of it as `v2`."""
    git("init", "--quiet", "--initial-branch=main")
    git("add", "demo")
    git("commit", "--quiet", "--message=one")
    git("tag", "v1")
    write_pack(Path("demo"), base=BASE.replace("slow", "slower"))
    git("commit", "--quiet", "--all", "--message=two")
    git("tag", "v2")
    return packc


CONFIG, SECRET = "ConfigMap/demo", "Secret/demo"
SLOWER = (CONFIG, "/data/mode", "slow", "slower")


# --- two variants -----------------------------------------------------------------------------


def test_two_clouds(packc: Run) -> None:
    outcome = packc("diff", "demo", "--cloud", "aws", "--cloud", "azure", "--output", "json")

    assert outcome.code == 0
    assert outcome.changes == [(CONFIG, "/data/mode", "slow", "fast")]
    assert outcome.data["pairs"][0]["left"]["variant"] == "aws"


def test_the_first_cloud_is_the_left_side(packc: Run) -> None:
    outcome = packc("diff", "demo", "--cloud", "azure", "--cloud", "aws", "--output", "json")

    assert outcome.changes == [(CONFIG, "/data/mode", "fast", "slow")]


def test_one_cloud_with_values_on_one_side(packc: Run) -> None:
    options = ("--cloud", "aws", "--right-set", "demo.size=4", "--output", "json")

    outcome = packc("diff", "demo", *options)

    assert outcome.changes == [(CONFIG, "/data/size", "3", "4")]


def test_all_clouds_with_values_on_each_side(packc: Run) -> None:
    Path("left.yaml").write_text("demo.size: 5\n")
    options = ("--left-values", "left.yaml", "--right-set", "demo.size=4", "--output", "json")

    outcome = packc("diff", "demo", *options)

    assert outcome.changes == [(CONFIG, "/data/size", "5", "4")] * 2
    assert [pair["right"]["variant"] for pair in outcome.data["pairs"]] == ["aws", "azure"]


def test_values_of_both_sides_hold_on_both(packc: Run) -> None:
    options = ("--set", "demo.size=4", "--cloud", "aws", "--cloud", "azure", "--output", "json")

    outcome = packc("diff", "demo", *options)

    assert outcome.changes == [(CONFIG, "/data/mode", "slow", "fast")]


def test_a_feature_on_one_side(packc: Run, calico: Path) -> None:
    sets = ("--set", "etcd.endpoints=https://192.0.2.1:2379")
    options = ("--cloud", "aws", "--right-feature", "etcd-tls", *sets, "--output", "json")

    outcome = packc("diff", str(calico), *options)

    kinds = {entry["object"].partition(".")[0] for entry in outcome.data["pairs"][0]["objects"]}
    assert {"CustomResourceDefinition", "Secret/kube-system/calico-etcd-secrets"} <= kinds


# --- two packs, two revisions -----------------------------------------------------------------


def test_two_pack_folders(packc: Run) -> None:
    write_pack(Path("fork"), base=BASE.replace("slow", "slower"))

    outcome = packc("diff", "demo", "fork", "--output", "json")

    assert outcome.changes == [SLOWER]
    assert [pair["left"]["variant"] for pair in outcome.data["pairs"]] == ["aws", "azure"]


def test_a_cloud_that_one_pack_lacks_is_named(packc: Run) -> None:
    spec, patch = PACK.replace("- azure", "- vmware"), PATCH.replace("azure", "vmware")
    write_pack(Path("fork"), pack=spec, patch=patch)

    text = packc("diff", "demo", "fork")
    data = packc("diff", "demo", "fork", "--output", "json", "--exit-code")

    assert "only on the left: demo azure" in text.out
    assert "only on the right: fork vmware" in text.out
    assert data.data["onlyLeft"][0]["variant"] == "azure"
    assert data.code == 1


def test_two_revisions(repository: Run) -> None:
    outcome = repository("diff", "demo", "--git", "v1..v2", "--output", "json")

    assert outcome.changes == [SLOWER]
    cause = outcome.data["pairs"][0]["objects"][0]["changes"][0]["left"][0]
    assert (cause["file"], cause["line"]) == ("v1:demo/base.yaml", 6)


def test_a_revision_and_the_working_tree(repository: Run) -> None:
    write_pack(Path("demo"), base=BASE.replace("slow", "slowest"))

    outcome = repository("diff", "demo", "--git", "v2", "--cloud", "aws", "--output", "json")

    assert outcome.changes == [(CONFIG, "/data/mode", "slower", "slowest")]


@pytest.mark.parametrize("revisions", ["v1..", "v1..HEAD", "v1...", "v1...main", "HEAD~1..HEAD"])
def test_other_ways_to_name_revisions(repository: Run, revisions: str) -> None:
    outcome = repository("diff", "demo", "--git", revisions, "--cloud", "aws", "--output", "json")

    assert outcome.changes == [SLOWER]


def test_three_dots_start_where_the_histories_part(repository: Run) -> None:
    git("switch", "--quiet", "--create=side", "v1")
    write_pack(Path("demo"), base=BASE.replace("slow", "side"))
    git("commit", "--quiet", "--all", "--message=side")

    options = ("--git", "main...side", "--cloud", "aws", "--output", "json")
    outcome = repository("diff", "demo", *options)

    assert outcome.changes == [(CONFIG, "/data/mode", "slow", "side")]


def test_a_pack_that_is_gone_from_the_working_tree(repository: Run) -> None:
    shutil.rmtree("demo")

    outcome = repository("diff", "demo", "--git", "v1..v2", "--cloud", "aws", "--output", "json")

    assert outcome.changes == [SLOWER]


def test_a_pack_is_found_from_a_folder_below(
    repository: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir("demo/patches")

    outcome = repository("diff", "..", "--git", "v1..v2", "--cloud", "aws", "--output", "json")

    assert outcome.changes == [SLOWER]


def test_a_pack_that_is_the_repository(packc: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir("demo")
    git("init", "--quiet")
    git("add", ".")
    git("commit", "--quiet", "--message=one")
    write_pack(Path(), base=BASE.replace("slow", "slower"))

    outcome = packc("diff", ".", "--git", "HEAD", "--cloud", "aws", "--output", "json")

    assert outcome.changes == [SLOWER]


@pytest.mark.parametrize(
    ("revisions", "message"),
    [
        ("v3", "git knows no revision 'v3'"),
        ("v1..v3", "git knows no revision 'v3'"),
        ("--help", "git knows no revision '--help'"),
        ("v1:demo", "git knows no revision 'v1:demo'"),
        ("v1...v3", "git finds no common ancestor for 'v1...v3'"),
        ("", "git knows no revision ''"),
    ],
)
def test_a_revision_that_git_does_not_know(repository: Run, revisions: str, message: str) -> None:
    outcome = repository("diff", "demo", f"--git={revisions}")

    assert outcome.code == 1
    assert f"error[PK702]: {message}" in outcome.err


def test_a_revision_without_the_pack(repository: Run) -> None:
    write_pack(Path("new"))

    outcome = repository("diff", "new", "--git", "v1")

    assert "error[PK702]: 'new' is not in revision 'v1'" in outcome.err


def test_no_git(repository: Run, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", str(tmp_path / "nothing"))

    outcome = repository("diff", "demo", "--git", "v1")

    assert outcome.code == 1
    assert "error[PK702]: there is no program 'git'" in outcome.err


def test_an_error_in_an_old_revision_names_the_revision(repository: Run) -> None:
    write_pack(Path("demo"), pack=PACK.replace("title:", "tilte:"))
    git("commit", "--quiet", "--all", "--message=typo")
    write_pack(Path("demo"))

    outcome = repository("diff", "demo", "--git", "HEAD")

    assert outcome.code == 1
    assert "HEAD:demo/pack.yaml:4:1: error[PK110]: unknown key 'tilte'" in outcome.err


def test_a_link_in_a_revision_does_not_leave_the_pack(repository: Run) -> None:
    Path("demo/base.yaml").unlink()
    Path("demo/base.yaml").symlink_to("/etc/hostname")
    git("commit", "--quiet", "--all", "--message=link")
    write_pack(Path("fork"))

    outcome = repository("diff", "demo", "--git", "HEAD")

    assert outcome.code == 1
    assert "error[PK120]" in outcome.err


# --- output trees -----------------------------------------------------------------------------


def test_two_output_trees(packc: Run) -> None:
    packc("build", "demo", "-o", "old")
    packc("build", "demo", "-o", "new", "--set", "demo.size=4")

    outcome = packc("diff", "old", "new", "--output", "json")

    assert outcome.changes == [(CONFIG, "/data/size", "3", "4")] * 2
    (parameter,) = outcome.data["pairs"][0]["parameters"]
    assert parameter["right"] == {"value": 4, "source": "--set demo.size"}


def test_trees_of_two_versions(packc: Run) -> None:
    packc("build", "demo", "-o", "old")
    write_pack(Path("demo"), pack=PACK.replace('"1.0"', '"1.1"'))
    packc("build", "demo", "-o", "new")

    outcome = packc("diff", "old", "new")

    assert outcome.out.count("demo 1.0 -> demo 1.1") == 2
    assert outcome.out.count("no differences") == 2


def test_folders_of_single_variants_are_a_pair(packc: Run) -> None:
    packc("build", "demo")

    outcome = packc("diff", "dist/demo/1.0/aws", "dist/demo/1.0/azure", "--output", "json")

    assert outcome.changes == [(CONFIG, "/data/mode", "slow", "fast")]


def test_files_of_manifests(packc: Run) -> None:
    Path("left.yaml").write_text(BASE)
    Path("right.yaml").write_text(BASE.replace("slow", "slower"))

    outcome = packc("diff", "left.yaml", "right.yaml", "--output", "json")

    assert outcome.changes == [SLOWER]
    assert "left" not in outcome.data["pairs"][0]["objects"][0]["changes"][0]


def test_a_cloud_chooses_from_trees(packc: Run) -> None:
    packc("build", "demo", "-o", "old")
    packc("build", "demo", "-o", "new")

    outcome = packc("diff", "old", "new", "--cloud", "azure", "--output", "json")

    assert [pair["left"]["variant"] for pair in outcome.data["pairs"]] == ["azure"]


# --- a tree, and what a build gives now -------------------------------------------------------


def test_a_fresh_tree_is_what_a_build_gives(packc: Run) -> None:
    packc("build", "demo", "--set", "demo.size=7")

    outcome = packc("diff", "dist", "demo", "--exit-code")

    assert outcome.code == 0
    assert outcome.out.count("no differences") == 2


def test_a_change_of_the_pack_since_the_build(packc: Run) -> None:
    packc("build", "demo", "--set", "demo.size=7")
    write_pack(Path("demo"), base=BASE.replace("slow", "slower"))

    outcome = packc("diff", "dist", "demo", "--output", "json")
    reverse = packc("diff", "demo", "dist", "--output", "json", "--cloud", "aws")

    assert outcome.changes == [SLOWER]
    assert reverse.changes == [(CONFIG, "/data/mode", "slower", "slow")]


def test_values_on_the_command_line_win_over_the_record(packc: Run) -> None:
    packc("build", "demo", "--set", "demo.size=7")

    options = ("--set", "demo.size=8", "--cloud", "aws", "--output", "json")
    outcome = packc("diff", "dist", "demo", *options)

    assert outcome.changes == [(CONFIG, "/data/size", "7", "8")]


def test_the_features_of_the_record_are_built(packc: Run, calico: Path) -> None:
    options = ("--cloud", "azure", "--feature", "windows-note", "--set", "calico.mtu=1440")
    packc("build", str(calico), *options)

    outcome = packc("diff", "dist", str(calico), "--exit-code", "--output", "json")

    assert outcome.code == 0
    assert outcome.data["pairs"][0]["right"]["variant"] == "azure+windows-note"


def test_a_feature_that_is_on_by_default_stays_off_where_the_record_has_it_off(
    packc: Run, calico: Path
) -> None:
    shutil.copytree(calico, "calico")
    spec = Path("calico/pack.yaml")
    text = spec.read_text().replace("- name: windows-note", "- name: windows-note\n  default: true")
    spec.write_text(text)
    packc("build", "calico", "--cloud", "aws", "--without-feature", "windows-note")

    outcome = packc("diff", "dist", "calico", "--output", "json")

    assert outcome.data["pairs"][0]["right"]["variant"] == "aws"


def test_a_secret_that_was_given_has_to_be_given_again(packc: Run) -> None:
    packc("build", "demo", "--set", "demo.password=sesame")

    without = packc("diff", "dist", "demo")
    given = packc("diff", "dist", "demo", "--set", "demo.password=sesame", "--exit-code")

    assert without.code == 1
    assert "error[PK705]" in without.err
    assert given.code == 0


def test_manifests_without_a_record_are_compared_with_one_variant(packc: Run) -> None:
    packc("build", "demo")
    shutil.copy("dist/demo/1.0/aws/manifests.yaml", "live.yaml")

    outcome = packc("diff", "live.yaml", "demo", "--cloud", "azure", "--output", "json")
    unclear = packc("diff", "live.yaml", "demo")

    assert outcome.changes == [(CONFIG, "/data/mode", "slow", "fast")]
    assert "error[PK703]" in unclear.err


def test_a_tree_of_several_versions_is_compared_by_the_version_of_the_pack(packc: Run) -> None:
    for version in ("1.1", "1.2", "1.0"):
        write_pack(Path("demo"), pack=PACK.replace('"1.0"', f'"{version}"'))
        packc("build", "demo")

    same = packc("diff", "dist", "demo", "--cloud", "aws", "--output", "json")
    write_pack(Path("demo"), pack=PACK.replace('"1.0"', '"1.3"'))
    other = packc("diff", "dist", "demo")

    assert same.data["pairs"][0]["left"]["version"] == "1.0"
    assert "error[PK703]" in other.err
    assert "found: 1.0, 1.1, 1.2" in other.err


@pytest.mark.parametrize(
    "record",
    ["", "[]", "{", "null", "[" * 100_000, '{"pack": 1}', '{"pack": {"name": 1}}', "\ufeff{}"],
    ids=range(8),
)
def test_a_damaged_record_is_an_error(packc: Run, record: str) -> None:
    packc("build", "demo", "--cloud", "aws")
    Path("dist/demo/1.0/aws/build.json").write_text(record)

    outcome = packc("diff", "dist", "demo")

    assert outcome.code == 1
    assert "build.json:1:1: error[PK704]: this is no build record" in outcome.err


def test_a_tree_without_its_manifests_is_an_error(packc: Run) -> None:
    packc("build", "demo", "--cloud", "aws")
    Path("dist/demo/1.0/aws/manifests.yaml").unlink()

    outcome = packc("diff", "dist", "demo")

    assert outcome.code == 1
    assert "manifests.yaml:1:1: error[PK101]: the file does not exist" in outcome.err


# --- what is told of a difference -------------------------------------------------------------


def test_causes_name_file_line_parameter_and_condition(packc: Run) -> None:
    options = ("--cloud", "aws", "--cloud", "azure", "--right-set", "demo.size=4")

    outcome = packc("diff", "demo", *options)

    assert outcome.out == textwrap.dedent("""\
        demo 1.0
        --- demo aws
        +++ demo azure
        2 differences in 1 object (cuts traffic: 1, changes in place: 1)

        parameters
          demo.size
            - 3 (default)
            + 4 (--set demo.size)

        ConfigMap/demo
          /data/mode  [changes in place]
            - "slow"
                demo/base.yaml:6:9
            + "fast"
                demo/patches/cloud.yaml:7:12, as cloud is azure
            ! no pod of these objects reads it
          /data/size  [cuts traffic, changes in place]
            - "3"
                demo/pack.yaml:24:9, demo.size = 3 (default)
            + "4"
                demo/pack.yaml:24:9, demo.size = 4 (--set demo.size)
            ! the network is as large as that
        """)


def test_every_change_of_calico_has_a_cause_on_each_side(packc: Run, calico: Path) -> None:
    sets = ("--set", "etcd.endpoints=https://192.0.2.1:2379", "--output", "json")

    outcome = packc("diff", str(calico), "--right-feature", "etcd-tls", *sets)

    found = [
        change
        for pair in outcome.data["pairs"]
        for entry in pair["objects"]
        for change in entry["changes"]
    ]
    assert len(found) > 250
    assert all(change["left"] and change["right"] for change in found)


def test_the_line_that_a_cause_names_holds_the_value(packc: Run, calico: Path) -> None:
    clouds = ("--cloud", "vmware", "--cloud", "azure")

    outcome = packc("diff", str(calico), *clouds, "--output", "json")

    causes = [
        (change[side][0], change[value])
        for entry in outcome.data["pairs"][0]["objects"]
        for change in entry["changes"]
        for side, value in (("left", "before"), ("right", "after"))
        if isinstance(change[value], str) and "parameter" not in change[side][0]
    ]
    assert len(causes) > 3
    for cause, value in causes:
        assert value in Path(cause["file"]).read_text().splitlines()[cause["line"] - 1]


def test_text_of_several_lines_is_shown_by_line(packc: Run) -> None:
    write_pack(Path("fork"), base=BASE.replace("    two\n", "    zwei\n"))

    outcome = packc("diff", "demo", "fork", "--cloud", "aws")

    expected = ["    @@ -1,4 +1,4 @@", "      one", "    - two", "    + zwei", "      three"]
    lines = outcome.out.splitlines()
    start = lines.index(expected[0])
    assert lines[start : start + 5] == expected


def test_what_is_absent_is_told_with_who_took_it(packc: Run) -> None:
    patch = PATCH.replace("op: replace", "op: remove").replace("    value: fast\n", "")
    write_pack(Path("demo"), patch=patch)

    outcome = packc("diff", "demo", "--cloud", "aws", "--cloud", "azure")

    assert "    + nothing\n        removed by demo/patches/cloud.yaml:5:5" in outcome.out


def test_what_was_never_there_is_told(packc: Run) -> None:
    patch = PATCH.replace("op: replace", "op: add").replace("/data/mode", "/data/new")
    write_pack(Path("demo"), patch=patch)

    outcome = packc("diff", "demo", "--cloud", "aws", "--cloud", "azure")

    assert "    - nothing\n        not in demo/base.yaml:6:3" in outcome.out


def test_a_plugin_is_named_with_its_version(packc: Run, calico: Path) -> None:
    options = ("--cloud", "aws", "--right-set", "calico.encapsulationMode=CrossSubnet")

    outcome = packc("diff", str(calico), *options)

    assert "plugin aws (packc 0.1.0), packc_aws/__init__.py:" in outcome.out


def test_an_object_that_is_left_out_is_told_with_the_condition(packc: Run) -> None:
    spec = PACK.replace("- files: base.yaml", "- files: base.yaml\n  when: {cloud: aws}")
    write_pack(Path("demo"), pack=spec.replace("patches:\n- patches/cloud.yaml\n", ""))
    spec = Path("demo/pack.yaml").read_text()
    Path("demo/other.yaml").write_text(BASE.replace("name: demo", "name: other"))
    objects = "objects:\n- files: other.yaml\n  when: {cloud: azure}\n"
    start, end = spec.index("bindings:"), spec.index("impacts:")
    Path("demo/pack.yaml").write_text((spec[:start] + spec[end:]).replace("objects:\n", objects))

    outcome = packc("diff", "demo", "--cloud", "aws", "--cloud", "azure")

    assert "ConfigMap/other\n  the object  [creates the object]" in outcome.out
    assert "left out by demo/pack.yaml:21:9, as cloud is aws" in outcome.out
    assert "ConfigMap/demo\n  the object  [cuts traffic, deletes the object]" in outcome.out


def test_items_that_moved_are_shown_alone(packc: Run) -> None:
    ports = "apiVersion: v1\nkind: Service\nmetadata: {name: demo}\nspec:\n  ports:\n"
    Path("left.yaml").write_text(ports + "".join(f"  - name: {name}\n" for name in "abcde"))
    Path("right.yaml").write_text(ports + "".join(f"  - name: {name}\n" for name in "acbde"))

    outcome = packc("diff", "left.yaml", "right.yaml")

    assert '  /spec/ports (order)  [cosmetic]\n    - ["b", "c"]\n    + ["c", "b"]' in outcome.out


def test_colour_is_for_terminals(packc: Run) -> None:
    arguments = ("diff", "demo", "--cloud", "aws", "--cloud", "azure")

    assert "\033[" in packc(*arguments, "--color", "always").out
    assert "\033[" not in packc(*arguments).out


def test_quiet_is_for_the_exit_code_alone(packc: Run) -> None:
    outcome = packc("diff", "demo", "--cloud", "aws", "--cloud", "azure", "--exit-code", "-q")

    assert (outcome.code, outcome.out, outcome.err) == (1, "", "")


# --- exit codes -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("arguments", "plain", "with_option"),
    [
        (("--cloud", "aws", "--cloud", "azure"), 0, 1),
        (("--right-set", "demo.size=3"), 0, 0),
        (("--cloud", "aws"), 1, 3),
        (("--nonsense",), 2, 2),
    ],
)
def test_exit_codes(packc: Run, arguments: tuple[str, ...], plain: int, with_option: int) -> None:
    assert packc("diff", "demo", *arguments).code == plain
    assert packc("diff", "demo", *arguments, "--exit-code").code == with_option


# --- secrets ----------------------------------------------------------------------------------

OUTPUTS = ("text", "markdown", "json")


@pytest.mark.parametrize("output", OUTPUTS)
def test_no_secret_is_shown(packc: Run, output: str) -> None:
    options = ("--left-set", "demo.password=sesame", "--cloud", "aws", "--output", output, "-v")

    outcome = packc("diff", "demo", *options)

    assert "/stringData/password" in outcome.out
    assert "/data/token" in outcome.out
    for word in ("sesame", "swordfish"):
        assert word not in outcome.out + outcome.err
        assert base64.b64encode(word.encode()).decode() not in outcome.out + outcome.err


def test_that_secrets_differ_is_told_and_that_they_do_not(packc: Run) -> None:
    one = packc("diff", "demo", "--right-set", "demo.password=sesame", "--exit-code")
    same = packc("diff", "demo", "--right-set", "demo.password=swordfish", "--exit-code")

    assert (one.code, same.code) == (1, 0)
    assert '- "(secret)"' in one.out
    assert "demo.password" not in same.out


@pytest.mark.parametrize("output", OUTPUTS)
def test_secrets_in_plain_manifests_are_masked(packc: Run, output: str) -> None:
    Path("left.yaml").write_text(BASE)
    Path("right.yaml").write_text(BASE.replace("root:none", "root:hunter2"))
    Path("without.yaml").write_text(BASE.partition("---")[0])

    changed = packc("diff", "left.yaml", "right.yaml", "--output", output)
    comes = packc("diff", "without.yaml", "right.yaml", "--output", output)

    assert "/stringData/login" in changed.out
    assert SECRET in comes.out
    assert "hunter2" not in changed.out + comes.out
    assert "root:none" not in changed.out + comes.out


def test_a_secret_that_a_text_contains_is_masked(packc: Run) -> None:
    write_pack(Path("fork"), base=BASE.replace("one\n", "user:swordfish@host\n"))

    outcome = packc("diff", "demo", "fork", "--cloud", "aws")

    assert "/data/text" in outcome.out
    assert "swordfish" not in outcome.out


# --- what a manifest may hold -----------------------------------------------------------------

HOSTILE = "\033[2J|`` ` |\n<script>&lt;\u202e\x9b"


@pytest.mark.parametrize("output", ["text", "markdown"])
def test_no_value_steers_the_terminal(packc: Run, output: str) -> None:
    name = json.dumps(HOSTILE)
    left = f'apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: {name}\ndata:\n  {name}: "1"\n'
    Path("left.yaml").write_text(left)
    Path("right.yaml").write_text(left.replace('"1"', name))

    outcome = packc("diff", "left.yaml", "right.yaml", "--output", output)

    assert outcome.code == 0
    assert not set(outcome.out) & {"\033", "\x9b"}


def test_no_value_ends_a_cell_of_a_table(packc: Run) -> None:
    left = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: demo}\ndata:\n  a: plain\n"
    Path("left.yaml").write_text(left)
    Path("right.yaml").write_text(left.replace("plain", json.dumps("`` | ` |\n| x |")))

    outcome = packc("diff", "left.yaml", "right.yaml", "--output", "markdown")

    (row,) = [line for line in outcome.out.splitlines() if line.startswith("| `/data/a`")]
    assert row.replace(r"\|", "").count("|") == 6
    assert r"```" in row


def test_a_comparison_is_the_same_every_time(packc: Run) -> None:
    arguments = ("diff", "demo", "--cloud", "aws", "--cloud", "azure", "--output", "json")

    assert packc(*arguments).out == packc(*arguments).out


def test_a_rule_of_a_pack_on_an_object_that_is_not_there_is_an_error(packc: Run) -> None:
    write_pack(
        Path("demo"),
        pack=PACK.replace(
            "object: ConfigMap/demo\n  path: /data/size\n  class",
            "object: ConfigMap/dmeo\n  path: /data/size\n  class",
        ),
    )

    outcome = packc("diff", "demo", "--cloud", "aws", "--cloud", "azure")

    assert outcome.code == 1
    assert "error[PK302]: no object matches 'ConfigMap/dmeo'" in outcome.err


def test_a_rule_with_a_path_that_is_none_stops_a_build(packc: Run) -> None:
    write_pack(Path("demo"), pack=PACK.replace("path: /data/size\n  class", "path: data\n  class"))

    outcome = packc("build", "demo")

    assert outcome.code == 1
    assert "demo/pack.yaml:36:9: error[PK301]" in outcome.err

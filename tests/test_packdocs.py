"""The reference of a pack: complete, current, and with links that lead somewhere."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from packc.checks.pods import pod_of
from packc.cli import main
from packc.formatting import build_of
from packc.packdocs import reference
from packc.packdocs.prose import Anchors, Page, headings, joined
from packc.packdocs.words import code, table
from packc.pipeline import Selection, prepare
from packc.plugins import Host

ROOT = Path(__file__).parent.parent
PAGE = ROOT / "docs" / "packs" / "calico.md"
LINK = re.compile(r"\]\((?!\w+:)(?P<path>[^)#\s]*)(?:#(?P<anchor>[^)\s]+))?\)")
CODE = re.compile(r"^ *```.*?^ *```$|`[^`\n]*`", re.MULTILINE | re.DOTALL)


@pytest.fixture(scope="module")
def page() -> str:
    return PAGE.read_text(encoding="utf-8")


def chapter(page: str, heading: str) -> str:
    """Return the text below a heading, up to the next of its level or above."""
    level = heading.partition(" ")[0]
    _, _, rest = page.partition(f"\n{heading}\n")
    return re.split(rf"^#{{2,{len(level)}}} ", rest, maxsplit=1, flags=re.MULTILINE)[0]


def rows(text: str) -> list[list[str]]:
    """Return the cells of all rows of the tables in a text, headings left out."""
    lines = [line for line in text.splitlines() if line.startswith("| ")]
    bodies = [
        line
        for line, after in zip(lines, [*lines[1:], ""], strict=True)
        if "---" not in line + after
    ]
    return [[cell.strip() for cell in re.split(r"(?<!\\)\|", line)[1:-1]] for line in bodies]


def document(folder: Path, out: Path) -> str:
    """Write the reference of a pack and return it."""
    assert main(["docs", str(folder), "-o", str(out), "--quiet"]) == 0
    (path,) = out.glob("*.md")
    return path.read_text(encoding="utf-8")


# --- the page of Calico -----------------------------------------------------------------------


def test_the_page_of_calico_is_current(monkeypatch: pytest.MonkeyPatch) -> None:
    """To bring it up to date: packc docs packs/calico -o docs/packs."""
    monkeypatch.chdir(ROOT)

    assert main(["docs", "packs/calico", "-o", "docs/packs", "--check"]) == 0


def test_links_lead_somewhere(page: str) -> None:
    anchors = Anchors()
    known = {anchors.next(heading) for _, heading in headings(page)}

    links = list(LINK.finditer(CODE.sub("", page)))

    dead = [
        link[0]
        for link in links
        if not (PAGE.parent / link["path"] if link["path"] else PAGE).exists()
        or (link["anchor"] and not link["path"] and link["anchor"] not in known)
    ]
    assert len(links) > 20
    assert dead == []


def test_every_table_has_as_many_cells_as_headings(page: str) -> None:
    lines = [line for line in CODE.sub("x", page).splitlines() if line.startswith("|")]
    widths = [len(re.findall(r"(?<!\\)\|", line)) for line in lines]

    starts = [n for n, line in enumerate(lines) if re.fullmatch(r"\|(?: ?-+ ?\|)+", line)]
    ends = [*(start - 1 for start in starts[1:]), len(lines)]
    ragged = [
        lines[number]
        for start, end in zip(starts, ends, strict=True)
        for number in range(start - 1, end)
        if widths[number] != widths[start]
    ]
    assert len(starts) > 15
    assert ragged == []


def test_every_parameter_cloud_and_feature_has_its_row(page: str) -> None:
    prepared = prepare(str(ROOT / "packs" / "calico"), Selection(), Host())

    names = [row[0] for row in rows(chapter(page, "## All parameters"))]
    assert names == [code(parameter.name) for parameter in prepared.active.parameters]
    assert [row[0] for row in rows(chapter(page, "## Features"))] == [
        "`etcd-tls`",
        "`windows-note`",
    ]
    assert all(f"(`{name}`)" in chapter(page, "## Clouds") for name in prepared.active.clouds)
    assert "Azure's network fabric drops IP-in-IP" in chapter(page, "## Clouds")


def test_defaults_that_differ_by_cloud_say_where(page: str) -> None:
    kind, mode, *_ = rows(chapter(page, "## All parameters"))

    assert kind[2] == "`CALICO_IPV4POOL_IPIP` on aws, vmware; `CALICO_IPV4POOL_VXLAN` on azure"
    assert mode[2] == "`Always`"


@pytest.mark.parametrize("features", [(), ("etcd-tls",)], ids=["plain", "etcd-tls"])
def test_every_rule_and_host_path_of_a_variant_is_asked_for(
    features: tuple[str, ...], page: str
) -> None:
    prepared = prepare(str(ROOT / "packs" / "calico"), Selection(), Host())
    built = build_of(prepared).compile("aws", features, {})
    otherwise = "without `etcd-tls`" if features else "with `etcd-tls`"

    rules = rows(chapter(page, "### Rights in the API"))
    paths = rows(chapter(page, "### Folders and files of the host"))

    counted = sum(len(data.get("rules", ())) for data in built.objects)
    pods = [pod for data in built.objects if (pod := pod_of(data)) is not None]
    volumes = [volume for pod in pods for volume in pod.spec.get("volumes", ())]
    wanted = {code(v["hostPath"]["path"]) for v in volumes if "hostPath" in v}
    assert len([rule for rule in rules if rule[-1] != otherwise]) == counted
    assert {row[1] for row in paths if row[-1] != otherwise} == wanted


def test_privileged_containers_and_host_namespaces_are_named(page: str) -> None:
    found = rows(chapter(page, "### Privileges of containers"))

    assert ["DaemonSet `calico-node`", "all", "host network", "always"] in found
    assert ["DaemonSet `calico-node`", "`calico-node`", "privileged", "always"] in found
    assert [
        "DaemonSet `calico-node`",
        "`upgrade-ipam`",
        "privileged",
        "without `etcd-tls`",
    ] in found


def test_notes_come_with_their_condition(page: str) -> None:
    warnings = chapter(page, "### Warnings")

    assert "- _On azure and `calico.encapsulationMode` is CrossSubnet_: " in warnings
    assert "- _With `etcd-tls` and with `windows-note`_: Calico's data is in etcd" in warnings
    assert "`calico.mtu` is not its default_: `calico.mtu` is {calico.mtu}:" in warnings


def test_another_run_gives_the_same_page(page: str, tmp_path: Path) -> None:
    build = build_of(prepare(str(ROOT / "packs" / "calico"), Selection(), Host()))

    again = reference(build, ROOT / "packs" / "calico", PAGE.parent)

    assert again == page


# --- other packs ------------------------------------------------------------------------------

Extend = Callable[[str], Path]


@pytest.fixture
def extended(small: Path) -> Extend:
    """Return a function that adds lines to the spec of the small pack."""

    def extend(lines: str) -> Path:
        with (small / "pack.yaml").open("a") as spec:
            spec.write(lines)
        return small

    return extend


def test_a_pack_without_anything_special_has_a_page(small: Path, tmp_path: Path) -> None:
    page = document(small, tmp_path / "out")

    assert "No object pulls an image." in page
    assert "## Features" not in page
    assert chapter(page, "### Rights in the API").strip() == "None."


def test_a_secret_default_is_not_shown(small: Path, tmp_path: Path) -> None:
    spec = (small / "pack.yaml").read_text()
    (small / "pack.yaml").write_text(
        spec.replace("secret: true}", "secret: true, default: hunter2}")
    )

    page = document(small, tmp_path / "out")

    assert "hunter2" not in page
    assert "| `small.word` | `string` | (secret) | A secret. Secret. |" in page


def test_refusals_are_told_in_words(extended: Extend, tmp_path: Path) -> None:
    folder = extended(
        "refusals:\n"
        "- when: {cloud: aws, not: {parameters: {small.fast: false}}}\n"
        "  parameter: small.fast\n"
        "  reason: it is | too fast\n"
    )

    page = document(folder, tmp_path / "out")

    combination = "on aws and not (`small.fast` is false)"
    assert [combination, "it is \\| too fast", "none"] in rows(page)


def test_a_page_that_is_no_text_is_an_error(
    extended: Extend, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = extended("docs: [docs/page.md]\n")
    (folder / "docs").mkdir()
    (folder / "docs" / "page.md").write_bytes(b"# caf\xe9\n")

    result = main(["docs", str(folder), "-o", str(tmp_path / "out")])

    assert result == 1
    assert "error[PK102]: 'docs/page.md' is no UTF-8 text" in capsys.readouterr().err
    assert not (tmp_path / "out").exists()


def test_what_cannot_be_written_leaves_the_old_page(
    small: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    taken = tmp_path / "out" / "small.md"
    taken.mkdir(parents=True)

    result = main(["docs", str(small), "-o", str(tmp_path / "out")])

    assert result == 1
    assert "error[PK503]: cannot write" in capsys.readouterr().err
    assert [path.name for path in (tmp_path / "out").iterdir()] == ["small.md"]


# --- prose ------------------------------------------------------------------------------------


def nowhere(name: str) -> str:
    return f"elsewhere/{name}"


def test_pages_become_chapters_and_their_links_anchors() -> None:
    parts = [
        "# Title\n\n## Usage",
        Page("docs/usage.md", "# Usage\n\nSee [there](other.md#one) and [self](#two).\n\n## Two\n"),
        Page(
            "docs/other.md", "# Other\n\n## One\n\n[back](usage.md), [x](../x.md#y), [w](https://w)"
        ),
    ]

    text = joined(parts, nowhere)

    assert "## Usage\n\n## Usage\n\nSee [there](#one) and [self](#two).\n\n### Two" in text
    assert "[back](#usage-1), [x](elsewhere/x.md#y), [w](https://w)" in text


def test_code_in_prose_stays_as_it_is() -> None:
    block = "```md\n# no heading\n[no](link.md)\n```"

    text = joined([Page("a.md", f"# A\n\n{block}\n\nand `[no](link.md)`\n")], nowhere)

    assert block in text
    assert "and `[no](link.md)`" in text
    assert [heading for _, heading in headings(text)] == ["A"]


@given(st.text(alphabet="#`~ ab\n-", max_size=80))
def test_any_prose_keeps_its_lines(text: str) -> None:
    lines = joined([Page("a.md", text)], nowhere).strip("\n").split("\n")

    before = text.strip("\n").split("\n")
    assert len(lines) == len(before)
    assert all(new in (old, f"#{old}") for new, old in zip(lines, before, strict=True))


@given(st.text(max_size=30))
def test_a_value_is_one_cell_of_a_table_whatever_it_holds(value: str) -> None:
    lines = table(("a", "b"), [(code(value), "x")]).split("\n")

    assert len(lines) == 3
    assert len(re.findall(r"(?<!\\)\|", lines[2])) == 3

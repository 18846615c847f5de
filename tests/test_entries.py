"""Entry points read from files are those that importlib.metadata finds."""

from __future__ import annotations

import sys
import zipfile
from importlib.machinery import PathFinder
from importlib.metadata import MetadataPathFinder, entry_points
from pathlib import Path
from typing import Any

import pytest

from packc.entries import Entry, entries

GROUP = "packc"
METADATA = "Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n\nProse\nName: of nobody\n"


@pytest.fixture
def only_here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return the only folder on sys.path that distributions are looked for in.

    Libraries that other tests import may have left finders of their own.
    """
    monkeypatch.setattr(sys, "path", [str(tmp_path)])
    monkeypatch.setattr(sys, "meta_path", [PathFinder])
    return tmp_path


def install(folder: Path, name: str, version: str = "1.0", *, text: str | None = None) -> Path:
    """Write the metadata of a distribution with an entry point of its own name."""
    information = folder / f"{name}-{version}.dist-info"
    information.mkdir(parents=True)
    (information / "METADATA").write_text(METADATA.format(name=name, version=version))
    text = f"[{GROUP}]\n{name} = module_of_{name}\n" if text is None else text
    (information / "entry_points.txt").write_text(text)
    return information


def told(found: Any) -> list[tuple[str, str, str, str]]:
    return sorted((each.name, each.value, each.dist.name, each.dist.version) for each in found)


def read(group: str = GROUP) -> list[tuple[str, str, str, str]]:
    """Return what was read, with the distributions as they were read."""
    return sorted(
        (each.name, each.value, each.distribution_name, each.distribution_version)
        if isinstance(each, Entry)
        else (each.name, each.value, each.dist.name, each.dist.version)  # type: ignore[union-attr]
        for each in entries(group)
    )


@pytest.mark.parametrize("group", ["packc", "packc.formats", "pytest11", "console_scripts"])
def test_what_is_installed_here_is_found_as_importlib_finds_it(group: str) -> None:
    found = read(group)

    assert found == told(entry_points(group=group))
    assert found


def test_importlib_is_not_asked_about_what_is_usual(only_here: Path) -> None:
    install(only_here, "moon")

    (entry,) = entries(GROUP)

    assert isinstance(entry, Entry)
    assert (entry.module, entry.dist.version) == ("module_of_moon", "1.0")


def test_of_two_versions_on_the_path_the_first_is_found(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    install(tmp_path / "first", "moon-base", "1.0", text="[packc]\nmoon = old\n")
    install(tmp_path / "second", "Moon.Base", "2.0", text="[packc]\nmoon = new\n")
    install(tmp_path / "second", "moon_base", "3.0", text="[packc]\nmoon = newest\n")
    monkeypatch.setattr(sys, "path", [str(tmp_path / "first"), str(tmp_path / "second")])

    found = read()

    assert found == told(entry_points(group=GROUP))
    assert [value for _, value, _, _ in found if value == "old"] == ["old"]


@pytest.mark.parametrize(
    "text",
    [
        "",
        "# nothing\n",
        "[packc]\n",
        "[other]\nmoon = moon\n",
        "[packc]\nmoon=a.b.c\n  sun  =  d  \n[other]\nearth = e\n",
        "[packc]\r\nmoon = moon\r\n",
        "[packc]\n# moon = no\nmoon = moon\nmoon = again\n[packc]\nsun = sun\n",
        "[packc]\nmoon = moon:object\nsun = sun [extra]\n",
        "[[packc]]\nmoon = moon\n",
        "[packc.formats]\nmoon = moon\n",
    ],
)
def test_a_file_of_entry_points_says_what_importlib_reads(only_here: Path, text: str) -> None:
    install(only_here, "moon", text=text)

    assert read() == told(entry_points(group=GROUP))


@pytest.mark.parametrize(
    "metadata",
    [
        "Name: Moon\nVersion: 1.0\n",
        "Name:Moon\nVersion:1.0\n\n",
        "name: Moon\nversion: 1.0 \n\n",
        "Version: 1.0\nName: Moon\n base\n\n",
        "Name: Moon\nName: Sun\nVersion: 1.0\nVersion: 2.0\n\n",
    ],
)
def test_a_distribution_is_named_as_importlib_names_it(only_here: Path, metadata: str) -> None:
    (install(only_here, "moon") / "METADATA").write_text(metadata)

    assert read() == told(entry_points(group=GROUP))


@pytest.mark.parametrize("content", [b"[packc]\nno entry\n", b"[packc]\nmoon = \xff\n"])
def test_a_broken_distribution_does_not_hide_the_others(only_here: Path, content: bytes) -> None:
    (install(only_here, "broken") / "entry_points.txt").write_bytes(content)
    install(only_here, "moon")

    assert ("moon", "module_of_moon", "moon", "1.0") in read()


def test_a_distribution_without_metadata_is_found_as_importlib_finds_it(only_here: Path) -> None:
    (install(only_here, "moon") / "METADATA").unlink()

    found = [(entry.name, entry.value) for entry in entries(GROUP)]

    assert found == [(entry.name, entry.value) for entry in entry_points(group=GROUP)]


def test_the_folder_of_an_editable_install_of_setuptools_is_read(only_here: Path) -> None:
    information = only_here / "moon.egg-info"
    information.mkdir()
    (information / "PKG-INFO").write_text(METADATA.format(name="moon", version="1.0"))
    (information / "entry_points.txt").write_text("[packc]\nmoon = moon\n")

    assert read() == [("moon", "moon", "moon", "1.0")]


def test_a_path_object_on_the_path_is_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    install(tmp_path, "moon")
    monkeypatch.setattr(sys, "path", [tmp_path])

    assert read() == [("moon", "module_of_moon", "moon", "1.0")]


def test_an_archive_on_the_path_is_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    archive = tmp_path / "moon.zip"
    with zipfile.ZipFile(archive, "w") as zipped:
        zipped.writestr("moon-1.0.dist-info/METADATA", METADATA.format(name="moon", version="1.0"))
        zipped.writestr("moon-1.0.dist-info/entry_points.txt", "[packc]\nmoon = moon\n")
    monkeypatch.setattr(sys, "path", [str(archive), str(tmp_path / "nowhere")])

    assert read() == [("moon", "moon", "moon", "1.0")]


def test_a_finder_of_another_tool_is_asked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    install(tmp_path / "hidden", "moon")

    class Finder(MetadataPathFinder):
        @classmethod
        def find_distributions(cls, context: Any = None) -> Any:
            context = MetadataPathFinder.Context(path=[str(tmp_path / "hidden")])
            return MetadataPathFinder.find_distributions(context)

        @classmethod
        def find_spec(cls, *_: Any) -> None:
            return None

    monkeypatch.setattr(sys, "path", [str(tmp_path)])
    monkeypatch.setattr(sys, "meta_path", [*sys.meta_path, Finder])

    assert ("moon", "module_of_moon", "moon", "1.0") in read()

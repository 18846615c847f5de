"""generate: packs of any size, and the same work as a kustomization."""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Sequence
from pathlib import Path

import attrs

OBJECTS_PER_FILE = 1000
DEPLOYMENT_EVERY = 10
NAMESPACE = "bench"
TARGET = "item-00000"
FIRST_VALUE = 9000
"""No base has it or more: packc refuses a patch that changes nothing."""
VERSION = "1.0.0"
CLOUD = "aws"

CONFIG_MAP = """\
apiVersion: v1
kind: ConfigMap
metadata:
  labels:
    app.kubernetes.io/part-of: bench
  name: {name}
  namespace: {namespace}
data:
  first: value of {name}
  second: "{number}"
"""
DEPLOYMENT = """\
apiVersion: apps/v1
kind: Deployment
metadata:
  labels:
    app.kubernetes.io/part-of: bench
  name: {name}
  namespace: {namespace}
spec:
  replicas: 1
  selector:
    matchLabels:
      app: {name}
  template:
    metadata:
      labels:
        app: {name}
    spec:
      containers:
      - env:
        - name: NUMBER
          value: "{number}"
        image: registry.example/{name}:1.0.0
        name: main
"""
PACK = """\
packc: 1
name: {name}
version: {version}
title: {name}
description: Made by bench.
clouds: [{cloud}]
objects:
- files: base/*.yaml
patches: [patches/bench.yaml]
"""


@attrs.frozen
class Patch:
    """Three operations on one ConfigMap: two values that are replaced, and one that is added."""

    target: str
    namespace: str
    replaced: tuple[str, str]

    def operations(self, number: int) -> str:
        """Return them as YAML; the number makes the patch another one, as an edit does."""
        value = FIRST_VALUE + number
        first, second = self.replaced
        return (
            f"- op: replace\n  path: /data/{first}\n  value: patched\n"
            f'- op: replace\n  path: /data/{second}\n  value: "{value}"\n'
            f"- op: add\n  path: /data/added\n  value: added\n"
        )


GENERATED_PATCH = Patch(TARGET, NAMESPACE, ("first", "second"))
CALICO_PATCH = Patch("calico-config", "kube-system", ("typha_service_name", "veth_mtu"))


def base_files(count: int) -> Iterator[tuple[str, str]]:
    """Yield the names and texts of files with `count` objects: every tenth a Deployment."""
    for start in range(0, count, OBJECTS_PER_FILE):
        stop = min(start + OBJECTS_PER_FILE, count)
        text = "---\n".join(_object(number) for number in range(start, stop))
        yield f"objects-{start // OBJECTS_PER_FILE:03}.yaml", text


def _object(number: int) -> str:
    deployment = number % DEPLOYMENT_EVERY == DEPLOYMENT_EVERY - 1
    form = DEPLOYMENT if deployment else CONFIG_MAP
    return form.format(name=f"item-{number:05}", namespace=NAMESPACE, number=number)


def write_base(folder: Path, files: Iterator[tuple[str, str]]) -> None:
    folder.mkdir(parents=True)
    for name, text in files:
        (folder / name).write_text(text, encoding="utf-8")


def write_pack(pack: Path, patch: Patch) -> None:
    """Make a folder with a base a pack of one variant."""
    text = PACK.format(name=pack.name, version=VERSION, cloud=CLOUD)
    (pack / "pack.yaml").write_text(text, encoding="utf-8")
    (pack / "patches").mkdir()
    write_patch(pack, patch, 0)


def write_patch(pack: Path, patch: Patch, number: int) -> None:
    """Write the pack's patch with another number: the smallest change that a build must see."""
    operations = patch.operations(number).replace("\n", "\n  ").rstrip(" ")
    text = (
        "patches:\n- description: what the benchmark changes\n"
        f"  object: ConfigMap/{patch.target}\n  operations:\n  {operations}"
    )
    (pack / "patches" / "bench.yaml").write_text(text, encoding="utf-8")


def write_kustomization(
    folder: Path, base: Path, files: Sequence[str], patch: Patch | None
) -> None:
    """Write a base with copies of some files of a pack, and an overlay with its patch."""
    (folder / "base").mkdir(parents=True)
    for file in files:
        shutil.copyfile(base / file, folder / "base" / file)
    resources = "".join(f"- {file}\n" for file in files)
    _kustomization(folder / "base", f"resources:\n{resources}")
    overlay = folder / "overlay"
    overlay.mkdir()
    if patch is None:
        _kustomization(overlay, "resources:\n- ../base\n")
        return
    (overlay / "patch.yaml").write_text(patch.operations(0), encoding="utf-8")
    _kustomization(
        overlay,
        "resources:\n- ../base\npatches:\n- path: patch.yaml\n  target:\n"
        f"    kind: ConfigMap\n    name: {patch.target}\n    namespace: {patch.namespace}\n",
    )


def _kustomization(folder: Path, body: str) -> None:
    head = "apiVersion: kustomize.config.k8s.io/v1beta1\nkind: Kustomization\n"
    (folder / "kustomization.yaml").write_text(head + body, encoding="utf-8")

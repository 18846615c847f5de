"""package: `packc package`: what a build wrote as an OCI layout, and its digest."""

from __future__ import annotations

import os
from argparse import Namespace
from pathlib import Path
from typing import Any

from packc.cli.report import print_diagnostics, print_json, progress
from packc.diagnostics import Diagnostic, PackcError
from packc.publish.layout import write_layout
from packc.publish.manifest import RESERVED, created_at
from packc.publish.model import Bundle
from packc.publish.package import Wish, package
from packc.publish.references import Reference
from packc.publish.signing.keys import PrivateKey, read_private_key


def run(options: Namespace) -> int:
    """Package the folder, write the layout, and print the digest of the pack."""
    try:
        with progress(options, "packaging") as step:
            step(options.folder)
            wish = wish_of(options)
            packaged = package(options.folder, wish)
            _refuse_inside(options)
            write_layout(packaged.bundle, Path(options.out), private=packaged.private)
    except PackcError as error:
        print_diagnostics(error.diagnostics, options)
        return 1
    warnings = (*(wish.key.warnings if wish.key else ()), *packaged.warnings)
    print_diagnostics(warnings, options)
    if options.output == "json":
        print_json(summary(packaged.bundle))
    else:
        print(packaged.bundle.pack.digest)
    return 0


def _refuse_inside(options: Namespace) -> None:
    """Raise PK504 for a layout inside of what is packaged: that would not be as it was built."""
    if Path(options.out).resolve().is_relative_to(Path(options.folder).resolve()):
        text = f"'{options.out}' is inside of '{options.folder}'"
        raise PackcError(Diagnostic("PK504", text, hint="choose a place beside it with -o"))


def wish_of(options: Namespace) -> Wish:
    """Return what the options ask for; raise PackcError for a broken reference, key or time."""
    place = Reference.parse(options.reference).place if options.reference else ""
    if place and not options.key:
        text = "--reference says what a signature names, and there is no --key"
        raise PackcError(Diagnostic("PK610", text, hint="add --key, or leave --reference out"))
    return Wish(
        shape=options.shape,
        tag=options.tag,
        created=created_at(os.environ),
        compression=options.compression,
        annotations=_annotations(options.annotations),
        key=_key(options),
        place=place,
        sbom=options.sbom,
        provenance=options.provenance,
    )


def summary(bundle: Bundle) -> dict[str, Any]:
    """Return what was packaged, for machines."""
    return {
        "name": bundle.name,
        "version": bundle.version,
        "shape": bundle.shape,
        "digest": bundle.pack.digest,
        "referrers": [
            {"artifactType": each.artifact_type, "digest": each.digest, **_about(each.annotations)}
            for each in bundle.referrers
        ],
        "signatures": [each.digest for each in bundle.signatures],
    }


def _about(annotations: Any) -> dict[str, Any]:
    return {"annotations": dict(annotations)} if annotations else {}


def _annotations(pairs: list[tuple[str, str]]) -> dict[str, str]:
    for key, _ in pairs:
        if key.startswith(RESERVED):
            text = f"the annotation '{key}' is written by packc itself"
            hint = "choose a key of your own; SOURCE_DATE_EPOCH gives the time"
            raise PackcError(Diagnostic("PK615", text, hint=hint))
    return dict(pairs)


def _key(options: Namespace) -> PrivateKey | None:
    if options.key is None:
        return None
    return read_private_key(options.key, os.environ, options.key_password_file)

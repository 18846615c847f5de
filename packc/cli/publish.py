"""publish: `packc publish`: a pack into a registry, its tag last."""

from __future__ import annotations

import os
from argparse import Namespace
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from attrs import asdict, evolve

from packc.cli.exits import exit_code
from packc.cli.package import wish_of
from packc.cli.registries import registry_of, steps
from packc.cli.report import print_diagnostics, print_json
from packc.diagnostics import Diagnostic, PackcError
from packc.publish.manifest import CONTENT
from packc.publish.model import Bundle
from packc.publish.package import Packaged, refuse_keys_of, signed
from packc.publish.package import package as package_folder
from packc.publish.reading import is_layout, read_bundle
from packc.publish.references import Reference, check_tag, is_pre_release
from packc.publish.registry.upload import Published, Wanted, publish
from packc.publish.signing.keys import PrivateKey

PALETTE = "spectro-packs/archive"


def run(options: Namespace) -> int:
    """Publish, and print the reference with the digest; what happens is told on standard error."""
    try:
        bundle, reference, warnings = _prepared(options)
        print_diagnostics(warnings, options)
        if options.digest_file:
            _refuse_unwritable(Path(options.digest_file))
        registry = registry_of(options, reference, writes=not options.dry_run)
        wanted = Wanted(
            also=tuple(options.also_tags),
            force=options.force,
            allow_equivalent=options.allow_equivalent,
            dry_run=options.dry_run,
        )
        with steps(options) as say:
            published = publish(registry, bundle, wanted, say)
        if options.digest_file and not options.dry_run:
            _write(Path(options.digest_file), f"{published.digest}\n")
    except PackcError as error:
        print_diagnostics(error.diagnostics, options)
        return exit_code(error.diagnostics)
    _print(bundle, published, reference, options)
    return 0


def _print(bundle: Bundle, published: Published, reference: Reference, options: Namespace) -> None:
    at = f"oci://{reference.place}@{published.digest}"
    if options.output == "text":
        print(at)
        return
    print_json(
        {
            **_summary(bundle),
            "reference": at,
            "digest": published.digest,
            "changed": published.changed,
            "dryRun": options.dry_run,
            "sent": [asdict(each) for each in published.sent],
            "tags": [asdict(each) for each in published.tags],
        }
    )


def _prepared(options: Namespace) -> tuple[Bundle, Reference, Sequence[Diagnostic]]:
    """Return the bundle, where it goes, and warnings; nothing has been sent by then."""
    asked = Reference.parse(options.target)
    for tag in options.also_tags:
        check_tag(tag)
    if is_layout(Path(options.source)):
        packaged, key = _from_layout(options, asked.tag)
    else:
        wish = wish_of(options)
        key = wish.key
        packaged = package_folder(options.source, evolve(wish, tag=asked.tag, place=""))
    bundle = packaged.bundle
    _refuse_pre_release(bundle.version, options)
    reference = evolve(asked, repository=_repository(asked, bundle), tag=bundle.version)
    if asked.digest not in ("", bundle.pack.digest):
        text = f"the pack has the digest {bundle.pack.digest}, expected {asked.digest}"
        hint = "publish what was reviewed, or leave the digest out"
        raise PackcError(Diagnostic("PK640", text, hint=hint))
    warnings = (*(key.warnings if key else ()), *packaged.warnings)
    return signed(bundle, key, reference.place), reference, warnings


def _refuse_pre_release(version: str, options: Namespace) -> None:
    """Raise PK640 where a tag that others follow would lead them to a pre-release unasked."""
    if options.also_tags and not options.allow_pre_release and is_pre_release(version):
        tag = options.also_tags[0]
        text = f"{version} is a pre-release, and --also-tag gives it to all who follow '{tag}'"
        hint = "leave --also-tag out, or add --allow-pre-release"
        raise PackcError(Diagnostic("PK640", text, hint=hint))


def _from_layout(options: Namespace, tag: str) -> tuple[Packaged, PrivateKey | None]:
    """Return the pack of a layout as it is; what is decided in packaging is not decided here."""
    given = {
        "--shape": options.shape,
        "--compression": options.compression != "none",
        "--annotation": options.annotations,
        "--sbom": options.sbom,
        "--provenance": options.provenance,
    }
    if wrong := [name for name, value in given.items() if value]:
        text = f"{wrong[0]} changes what is packaged, and '{options.source}' is packaged already"
        hint = "give it to `packc package`, or publish the folder that was built"
        raise PackcError(Diagnostic("PK640", text, hint=hint))
    bundle = read_bundle(options.source)
    if tag not in ("", bundle.version):
        text = f"the pack in '{options.source}' has the version '{bundle.version}', found ':{tag}'"
        hint = "leave the tag out: it is the pack's own version"
        raise PackcError(Diagnostic("PK640", text, hint=hint))
    refuse_keys_of(bundle, options.source)
    return Packaged(bundle), wish_of(options).key


def _repository(asked: Reference, bundle: Bundle) -> str:
    """Return the repository: Palette looks for packs in a folder of its own."""
    path = f"{PALETTE}/{bundle.name}"
    if bundle.shape != "palette" or f"/{asked.repository}".endswith(f"/{path}"):
        return asked.repository
    return f"{asked.repository}/{path}"


def _summary(bundle: Bundle) -> dict[str, Any]:
    return {
        "name": bundle.name,
        "version": bundle.version,
        "shape": bundle.shape,
        "contentDigest": bundle.pack.annotations.get(CONTENT),
        "signatures": [each.digest for each in bundle.signatures],
        "referrers": [
            {"artifactType": each.artifact_type, "digest": each.digest} for each in bundle.referrers
        ],
    }


def _refuse_unwritable(path: Path) -> None:
    """Raise PK503 for a file that cannot be written, and leave none there; pipes are not tried."""
    try:
        is_new = not os.path.lexists(path)
        if is_new or not path.is_fifo():
            path.open("ab").close()
        if is_new:
            path.unlink()
    except OSError as error:
        raise _unwritable(path, error, "nothing was sent") from None


def _write(path: Path, text: str) -> None:
    try:
        path.write_text(text)
    except OSError as error:
        raise _unwritable(path, error, "the pack is published") from None


def _unwritable(path: Path, error: OSError, done: str) -> PackcError:
    reason = (error.strerror or str(error)).lower()
    hint = f"{done}; name another place with --digest-file"
    return PackcError(Diagnostic("PK503", f"cannot write '{path}': {reason}", hint=hint))

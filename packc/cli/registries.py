"""registries: what commands that speak with a registry share: its options, and their progress."""

from __future__ import annotations

import os
import sys
from argparse import Namespace
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from typing import TYPE_CHECKING

from packc.cli.report import progress
from packc.diagnostics import Diagnostic, PackcError
from packc.publish.model import Bundle
from packc.publish.reading import read_bundle
from packc.publish.references import Reference
from packc.publish.registry.credentials import Login
from packc.publish.registry.fetch import fetch
from packc.publish.registry.patience import Patience
from packc.publish.signing.keys import PublicKey, read_public_key

if TYPE_CHECKING:
    from packc.publish.registry.client import Connection, HttpRegistry


def registry_of(options: Namespace, reference: Reference, *, writes: bool) -> HttpRegistry:
    """Return the repository of a reference, as the options say it is reached.

    Raises PK630 where urllib3 is not installed, PK641 for a CA that cannot be used.
    """
    if find_spec("urllib3") is None:
        hint = "install packc with its extra: pip install 'packc[registry]'"
        raise PackcError(Diagnostic("PK630", "urllib3 is not installed", hint=hint))
    from packc.publish.registry.client import PULL, PUSH, open_registry

    return open_registry(reference, _connection(options), PUSH if writes else PULL)


def read_keys(options: Namespace) -> list[PublicKey]:
    """Return the public keys of --key."""
    return [read_public_key(source, os.environ) for source in options.keys]


def read_pack(options: Namespace) -> tuple[Bundle, tuple[Diagnostic, ...]]:
    """Return the pack of a layout, or of a registry, and what is to be said about it."""
    if "://" not in options.source:
        return read_bundle(options.source, options.tag), ()
    if options.tag:
        text = "--tag is for layouts"
        hint = "write the tag into the reference, as in oci://HOST/REPO:TAG"
        raise PackcError(Diagnostic("PK640", text, hint=hint))
    reference = Reference.parse(options.source)
    fetched = fetch(registry_of(options, reference, writes=False), reference)
    return fetched.bundle, fetched.warnings


def _connection(options: Namespace) -> Connection:
    from packc.publish.registry.client import Connection

    return Connection(
        environment=os.environ,
        login=_login(options),
        is_plain=options.plain_http,
        ca_file=options.ca,
        patience=Patience(total=options.timeout, tries=options.tries, settle=options.settle),
    )


def _login(options: Namespace) -> Login | None:
    """Return the login of --username and standard input; raise PK640 for half of one."""
    if not options.username and not options.password_stdin:
        return None
    if not options.username or not options.password_stdin:
        text = "--username and --password-stdin belong together"
        hint = 'write echo "$PASSWORD" | packc ... --username NAME --password-stdin'
        raise PackcError(Diagnostic("PK640", text, hint=hint))
    password = sys.stdin.readline().rstrip("\r\n")
    return Login(options.username, password)


@contextmanager
def steps(options: Namespace) -> Iterator[Callable[[str], None]]:
    """Yield what is told each step: a spinner on a terminal, a line on standard error elsewhere."""
    if sys.stderr.isatty():
        with progress(options, "") as step:
            yield step
    elif options.quiet:
        yield lambda text: None
    else:
        yield lambda text: print(text, file=sys.stderr)

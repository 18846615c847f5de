"""packc_etcd_tls: the client certificate for etcd; where data goes there, the pack says itself.

The pack says how the Secret is called and which ConfigMap names its files, below `with:` of the
feature in pack.yaml.
"""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Iterator
from datetime import datetime
from typing import Any

from packc.api import (
    Feature,
    FileContent,
    Finding,
    Items,
    Level,
    NewObject,
    Note,
    Operation,
    Parameter,
    Patch,
    Variant,
    add,
    hookimpl,
    new_object,
)
from packc_etcd_tls.endpoints import check_endpoints, uses_tls

FEATURE = "etcd-tls"

DEFAULT_ENDPOINT = "https://etcd.example.invalid:2379"
"""A name that never resolves (RFC 2606): a value that was forgotten fails loudly."""

PARTS = {"etcd.ca": "etcd-ca", "etcd.cert": "etcd-cert", "etcd.key": "etcd-key"}
"""For each parameter the key in the Secret, which is the file's name in a pod as well.

The keys of the ConfigMap are the same with underscores.
"""

HOLDS_KEY = (
    "The manifests hold the private key of the etcd client. Keep them as you keep the key: out of"
    " version control, and readable by nobody else."
)
ROTATION = (
    "A renewed certificate reaches etcd's clients only when they restart: build and apply with the"
    " new files, then restart the DaemonSet and the Deployment that use `{secret}`. Nodes keep a"
    " copy that is refreshed at start alone."
)
FILL_IN = (
    "The etcd certificate is missing: `{secret}` is empty, and Calico cannot reach etcd over TLS."
    " Best, build again with `etcd.ca`, `etcd.cert` and `etcd.key`. By hand: put the PEM files"
    " into the Secret under the keys {secret_keys} (with hyphens); in `{config}` set {config_keys}"
    " (with underscores); then restart all pods that use them. Always do both: paths without files"
    " stop calico-node, files without paths leave it without TLS."
)
IN_THE_CLEAR = (
    "etcd is reached over http and without a certificate: whoever reaches its port can read and"
    " change the network policy of the whole cluster. Use https endpoints with `etcd.ca`,"
    " `etcd.cert` and `etcd.key`."
)


@hookimpl
def packc_features() -> list[Feature]:
    return [
        Feature(
            name=FEATURE,
            title="Data in etcd, over TLS",
            description="Keeps the pack's data in an etcd cluster, reached with a client"
            " certificate.",
            settings={
                "secret": "the Secret that is made for the certificate, as Secret/namespace/name",
                "config": "the ConfigMap that names the files, as ConfigMap/namespace/name",
                "directory": "where pods mount the Secret",
            },
        )
    ]


@hookimpl
def packc_parameters() -> list[Parameter]:
    return [
        Parameter(
            name="etcd.endpoints",
            type="list",
            items=Items(type="url", schemes=("https", "http")),
            minItems=1,
            default=(DEFAULT_ENDPOINT,),
            description="The URLs of the etcd members, with ports. The default never resolves.",
        ),
        Parameter(
            name="etcd.ca",
            type="file",
            content="pem",
            description="The certificates of the CA that signed etcd's and the client's"
            " certificate. With etcd.cert and etcd.key, or not at all.",
        ),
        Parameter(
            name="etcd.cert",
            type="file",
            content="pem",
            description="The client certificate, followed by those between it and the CA, if any.",
        ),
        Parameter(
            name="etcd.key",
            type="file",
            content="pem",
            secret=True,
            description="The private key of the client certificate, not encrypted.",
        ),
    ]


@hookimpl
def packc_objects(variant: Variant) -> list[NewObject]:
    match _secret(variant):
        case "Secret", namespace, name if namespace and name:
            metadata = {"name": name, "namespace": namespace}
        case _:
            return []  # packc_check says why
    secret = new_object(
        {
            "apiVersion": "v1",
            "kind": "Secret",
            "metadata": metadata,
            "type": "Opaque",
            # Pods mount it, so it exists even while nothing is known that belongs into it.
            "data": {},
        },
        "what etcd's clients mount: the client certificate, its key and its CA",
    )
    return [secret]


@hookimpl
def packc_patches(variant: Variant) -> list[Patch]:
    settings = variant.settings[FEATURE]
    if not all(parameter in variant.values for parameter in PARTS):
        return [
            Patch(
                object=settings["config"],
                operations=tuple(add(f"/data/{_config_key(part)}", "") for part in PARTS.values()),
                description="no certificate was given, so no file is named",
            )
        ]
    return [
        Patch(
            object=settings["secret"],
            operations=tuple(_secret_data(variant)),
            description="the client certificate for etcd, its key and its CA",
        ),
        Patch(
            object=settings["config"],
            operations=tuple(
                add(f"/data/{_config_key(part)}", f"{settings['directory']}/{part}", parameter=name)
                for name, part in PARTS.items()
            ),
            description="where pods find the three files of the Secret",
        ),
    ]


@hookimpl
def packc_notes(variant: Variant) -> list[Note]:
    settings = variant.settings[FEATURE]
    if all(parameter in variant.values for parameter in PARTS):
        return [Note(HOLDS_KEY), Note(ROTATION.format(secret=settings["secret"]))]
    if not uses_tls(variant.values["etcd.endpoints"]):
        return [Note(IN_THE_CLEAR, Level.WARNING)]
    text = FILL_IN.format(
        secret=settings["secret"],
        config=settings["config"],
        secret_keys=_listed(f"`{part}`" for part in PARTS.values()),
        config_keys=_listed(
            f"`{_config_key(part)}` to `{settings['directory']}/{part}`" for part in PARTS.values()
        ),
    )
    return [Note(text, Level.WARNING)]


@hookimpl
def packc_check(variant: Variant, now: datetime) -> list[Finding]:
    files = {name: variant.values[name] for name in PARTS if name in variant.values}
    findings = check_endpoints(variant.values["etcd.endpoints"], with_files=bool(files))
    if not packc_objects(variant):
        text = f"the setting 'secret' is '{'/'.join(_secret(variant))}'"
        hint = "write Secret/namespace/name below the feature's 'with:' in pack.yaml"
        findings.append(Finding("ETCD116", text, hint=hint))
    if files:
        findings += _check_files(files, now)
    return findings


def _check_files(files: dict[str, FileContent], now: datetime) -> list[Finding]:
    missing = [name for name in PARTS if name not in files]
    if missing:
        text = f"{_listed(files)} given without {_listed(missing)}, expected all three or none"
        hint = f"give {_listed(missing)} as well"
        return [Finding("ETCD101", text, parameter=next(iter(files)), hint=hint)]
    # cryptography is slow to import, and needed only here.
    from packc_etcd_tls.assets import Assets, check_assets

    return check_assets(Assets(files["etcd.ca"], files["etcd.cert"], files["etcd.key"]), now)


def _secret(variant: Variant) -> list[str]:
    return variant.settings[FEATURE]["secret"].split("/")


def _secret_data(variant: Variant) -> Iterator[Operation]:
    for parameter, part in PARTS.items():
        content: Any = variant.values[parameter]
        encoded = b64encode(content.text.encode()).decode("ascii")
        yield add(f"/data/{part}", encoded, parameter=parameter)


def _config_key(part: str) -> str:
    return part.replace("-", "_")


def _listed(words: Any) -> str:
    *first, last = words
    return f"{', '.join(first)} and {last}" if first else str(last)

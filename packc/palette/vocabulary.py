"""vocabulary: the words and file names that Palette and its community registry know.

Sources: the validator of the community registry, the documentation of pack constraints, and the
enums of Palette's API. Where they disagree the validator decides what is an error.
"""

from __future__ import annotations

import re
from typing import Final

PACK_FILE: Final = "pack.json"
VALUES_FILE: Final = "values.yaml"
SCHEMA_FILE: Final = "schema.yaml"
PRESETS_FILE: Final = "presets.yaml"
README_FILE: Final = "README.md"
LOGO_FILE: Final = "logo.png"

LAYERS: Final = ("kernel", "os", "k8s", "cni", "csi", "addon")
WITHOUT_IMAGES: Final = ("os", "k8s")
"""Layers whose packs need no list of images."""

CLOUD_TYPE: Final = (
    "all",
    "aws",
    "azure",
    "gcp",
    "vsphere",
    "openstack",
    "baremetal",
    "maas",
    "aks",
    "eks",
    "tencent",
    "tke",
    "edge",
    "libvirt",
    "edge-native",
    "coxedge",
)
CLOUD_TYPES: Final = (*CLOUD_TYPE, "custom")
ADDON_TYPES: Final = (
    "ai",
    "app services",
    "authentication",
    "ingress",
    "load balancer",
    "logging",
    "monitoring",
    "network",
    "registry",
    "security",
    "servicemesh",
    "storage",
    "system app",
)
DEPENDENCY_TYPES: Final = ("required", "optional", "notSupported", "upgrade")
RESOURCE_TYPES: Final = ("cpu", "memory", "diskSize")
SCHEDULE_TYPES: Final = ("all", "master", "worker")

PACK_KEYS: Final = (
    "namespace",
    "additionalNamespaces",
    "namespaceLabels",
    "namespaceAnnotations",
    "releaseNameOverride",
    "content",
)
"""The keys below `pack` in values.yaml, besides those that begin with spectrocloud.com/."""

CONTENT_KEYS: Final = ("images", "charts")
SECTIONS: Final = ("Prerequisites", "Parameters", "Upgrade", "Usage", "References")
"""The headings of the README template."""

ENABLED_PRESETS: Final = re.compile(r"#\s*spectrocloud\.com/enabled-presets:(?P<names>.*)")
SEMVER: Final = re.compile(
    r"(0|[1-9]\d*)\.(0|[1-9]\d*)\.(0|[1-9]\d*)(-[0-9A-Za-z-]+(\.[0-9A-Za-z-]+)*)?"
)
OCI_NAME: Final = re.compile(r"[a-z0-9]+([._-]+[a-z0-9]+)*")
OCI_TAG: Final = re.compile(r"\w[\w.-]{0,127}", re.ASCII)
PNG: Final = b"\x89PNG\r\n\x1a\n"

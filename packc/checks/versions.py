"""versions: API versions that releases of Kubernetes have dropped, or have marked to be dropped.

Source: the deprecated API migration guide of Kubernetes. What the guide does not list is found by
comparing the schemas of the releases.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final

from attrs import frozen

from packc.checks.kubernetes import Kind, Range
from packc.checks.observation import Observation
from packc.model import Object


@frozen
class Fate:
    """What becomes of a kind in an API version: the releases that deprecate and drop it."""

    deprecated: int
    removed: int | None
    replacement: str | None


def _fates(
    api_version: str,
    kinds: str,
    deprecated: int,
    removed: int | None,
    replacement: str | None,
) -> dict[Kind, Fate]:
    fate = Fate(deprecated, removed, replacement)
    return {(api_version, kind): fate for kind in kinds.split()}


FATES: Final[Mapping[Kind, Fate]] = {
    **_fates("extensions/v1beta1", "DaemonSet Deployment ReplicaSet", 9, 16, "apps/v1"),
    **_fates("extensions/v1beta1", "NetworkPolicy", 9, 16, "networking.k8s.io/v1"),
    **_fates("extensions/v1beta1", "PodSecurityPolicy", 11, 16, None),
    **_fates("extensions/v1beta1", "Ingress", 14, 22, "networking.k8s.io/v1"),
    **_fates("apps/v1beta1", "Deployment ReplicaSet StatefulSet", 9, 16, "apps/v1"),
    **_fates("apps/v1beta2", "DaemonSet Deployment ReplicaSet StatefulSet", 9, 16, "apps/v1"),
    **_fates(
        "admissionregistration.k8s.io/v1beta1",
        "MutatingWebhookConfiguration ValidatingWebhookConfiguration",
        16,
        22,
        "admissionregistration.k8s.io/v1",
    ),
    **_fates(
        "apiextensions.k8s.io/v1beta1",
        "CustomResourceDefinition",
        16,
        22,
        "apiextensions.k8s.io/v1",
    ),
    **_fates("apiregistration.k8s.io/v1beta1", "APIService", 19, 22, "apiregistration.k8s.io/v1"),
    **_fates(
        "certificates.k8s.io/v1beta1",
        "CertificateSigningRequest",
        19,
        22,
        "certificates.k8s.io/v1",
    ),
    **_fates("coordination.k8s.io/v1beta1", "Lease", 19, 22, "coordination.k8s.io/v1"),
    **_fates("networking.k8s.io/v1beta1", "Ingress IngressClass", 19, 22, "networking.k8s.io/v1"),
    **_fates(
        "rbac.authorization.k8s.io/v1beta1",
        "ClusterRole ClusterRoleBinding Role RoleBinding",
        17,
        22,
        "rbac.authorization.k8s.io/v1",
    ),
    **_fates("scheduling.k8s.io/v1beta1", "PriorityClass", 14, 22, "scheduling.k8s.io/v1"),
    **_fates(
        "storage.k8s.io/v1beta1",
        "CSIDriver CSINode StorageClass VolumeAttachment",
        19,
        22,
        "storage.k8s.io/v1",
    ),
    **_fates("batch/v1beta1", "CronJob", 21, 25, "batch/v1"),
    **_fates("discovery.k8s.io/v1beta1", "EndpointSlice", 21, 25, "discovery.k8s.io/v1"),
    **_fates("events.k8s.io/v1beta1", "Event", 19, 25, "events.k8s.io/v1"),
    **_fates("autoscaling/v2beta1", "HorizontalPodAutoscaler", 22, 25, "autoscaling/v2"),
    **_fates("policy/v1beta1", "PodDisruptionBudget", 21, 25, "policy/v1"),
    **_fates("policy/v1beta1", "PodSecurityPolicy", 21, 25, None),
    **_fates("node.k8s.io/v1beta1", "RuntimeClass", 20, 25, "node.k8s.io/v1"),
    **_fates("autoscaling/v2beta2", "HorizontalPodAutoscaler", 23, 26, "autoscaling/v2"),
    **_fates(
        "flowcontrol.apiserver.k8s.io/v1beta1",
        "FlowSchema PriorityLevelConfiguration",
        23,
        26,
        "flowcontrol.apiserver.k8s.io/v1",
    ),
    **_fates("storage.k8s.io/v1beta1", "CSIStorageCapacity", 24, 27, "storage.k8s.io/v1"),
    **_fates(
        "flowcontrol.apiserver.k8s.io/v1beta2",
        "FlowSchema PriorityLevelConfiguration",
        26,
        29,
        "flowcontrol.apiserver.k8s.io/v1",
    ),
    **_fates(
        "flowcontrol.apiserver.k8s.io/v1beta3",
        "FlowSchema PriorityLevelConfiguration",
        29,
        32,
        "flowcontrol.apiserver.k8s.io/v1",
    ),
    **_fates("v1", "ComponentStatus", 19, None, None),
    **_fates("v1", "Endpoints", 33, None, "discovery.k8s.io/v1, kind EndpointSlice"),
}


def fate_of(data: Object) -> Fate | None:
    """Return what becomes of an object's kind and API version, if the guide lists it."""
    return FATES.get((data["apiVersion"], data["kind"]))


def version_observations(data: Object, kubernetes: Range) -> Iterator[Observation]:
    """Yield that a release of the range has dropped or deprecated the object's API version."""
    fate = fate_of(data)
    if fate is None:
        return
    what = f"{data['apiVersion']} {data['kind']}"
    hint = f"use {fate.replacement}" if fate.replacement else "nothing replaces it: remove it"
    if fate.removed is not None and fate.removed <= kubernetes.last:
        message = f"there is no {what} in Kubernetes since 1.{fate.removed}"
        yield Observation("PK411", message, ("apiVersion",), hint=hint)
    elif fate.deprecated <= kubernetes.last:
        message = f"{what} is deprecated since Kubernetes 1.{fate.deprecated}"
        yield Observation("PK412", message, ("apiVersion",), hint=hint)

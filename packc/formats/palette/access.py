"""access: how a manifest reaches its values, which are the subtree manifests.<stem>."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping

from attrs import define, field

from packc.formats.helm.access import HelmAccess


@define
class PaletteAccess(HelmAccess):
    """Values at the paths of `path`; it remembers which features and whether the cloud was asked.

    Palette knows the cloud by words of its own, `cloud_types`, which a macro fills in.
    """

    path: Callable[[str], tuple[str, ...]]
    cloud_types: Mapping[str, str]
    features: set[str] = field(factory=set, init=False)
    asks_cloud: bool = field(default=False, init=False)

    def value(self, parameter: str) -> str:
        return self.given(".".join(self.path(parameter)))

    def is_on(self, feature: str) -> str:
        self.features.add(feature)
        return HelmAccess.is_on(self, feature)

    def cloud(self) -> str:
        self.asks_cloud = True
        words = dict.fromkeys(self.cloud_types.values()) | dict(self.cloud_types)
        pairs = ((word, cloud or word) for word, cloud in words.items())
        known = " ".join(f"{json.dumps(word)} {json.dumps(cloud)}" for word, cloud in pairs)
        return f"(get (dict {known}) (toString .Values.cloud))"

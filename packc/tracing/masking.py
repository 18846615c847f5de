"""masking: what of a variant may be shown: no secret, and no content of a file."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final

from attrs import field, frozen

from packc.model import MISSING, FileContent, Identity, Value
from packc.patching.jsondata import is_list, is_map
from packc.patching.pointer import Path
from packc.record import SECRET, shown

_OPEN: Final = frozenset({"apiVersion", "immutable", "kind", "metadata", "type"})
"""What a Secret holds that is no secret."""

# kubectl apply keeps the whole object in it.
_COPY: Final = "kubectl.kubernetes.io/last-applied-configuration"


@frozen
class Mask:
    """What must not be shown: for each text the words that take its place."""

    texts: Mapping[str, str] = field(factory=dict, repr=False)

    @classmethod
    def of(cls, values: Iterable[Value]) -> Mask:
        """Return the mask of all secrets and contents of files that the values hold."""
        texts: dict[str, str] = {}
        # The secrets last: a text that is both is a secret.
        for value in sorted(values, key=lambda value: value.secret):
            words = SECRET if value.secret else f"(content of {shown(value)})"
            for text in _texts(value.value, value.secret):
                texts |= {text: words, b64encode(text.encode()).decode(): words}
        texts.pop("", None)
        return cls(texts)

    def shown(self, value: Any, identity: Identity, path: Path) -> Any:
        """Return a value at a path of an object, with nothing in it that must not be shown."""
        if identity.kind != "Secret" or identity.group:
            return self._open(value)
        if not path and is_map(value):
            return {name: self.shown(below, identity, (name,)) for name, below in value.items()}
        if _COPY in path or not (path and path[0] in _OPEN):
            return covered(value)
        if is_map(value):
            return {
                name: self.shown(below, identity, (*path, name)) for name, below in value.items()
            }
        return self._open(value)

    def _open(self, value: Any) -> Any:
        if is_map(value):
            return {name: self._open(below) for name, below in value.items()}
        if is_list(value):
            return [self._open(below) for below in value]
        if isinstance(value, str):
            return next((words for text, words in self.texts.items() if text in value), value)
        is_number = isinstance(value, int | float) and not isinstance(value, bool)
        return self.texts.get(str(value), value) if is_number else value


def covered(value: Any) -> Any:
    """Return the value with `(secret)` for every scalar in it; names of members stay."""
    if value is MISSING:
        return MISSING
    if is_map(value):
        return {name: covered(below) for name, below in value.items()}
    if is_list(value):
        return [covered(below) for below in value]
    return SECRET


def _texts(value: Any, is_secret: bool) -> Iterator[str]:
    if isinstance(value, FileContent):
        yield value.text
    elif not is_secret or value is None or isinstance(value, bool):
        return
    elif is_map(value):
        for below in value.values():
            yield from _texts(below, is_secret)
    elif is_list(value):
        for below in value:
            yield from _texts(below, is_secret)
    else:
        yield str(value)

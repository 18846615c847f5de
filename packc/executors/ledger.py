"""ledger: claims of packs that several workers build, answered in the order of the packs."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from attrs import define, field

from packc.executors.claims import Name


@define
class Ledger:
    """Answers claims as if packs were built one after another, whoever is faster.

    A pack waits until each one before it has claimed its name or has ended without.
    """

    packs: Sequence[str]
    _owners: dict[Name, str] = field(factory=dict)
    _waiting: dict[int, Name] = field(factory=dict)
    _ended: set[int] = field(factory=set)
    _next: int = 0

    def claim(self, index: int, name: Name) -> Iterator[tuple[int, str]]:
        """Take a pack's claim, and yield the packs that can be answered, with who has the name."""
        self._waiting[index] = name
        yield from self._answers()

    def end(self, index: int) -> Iterator[tuple[int, str]]:
        """Note that a pack is done, and yield the packs that can be answered now."""
        self._ended.add(index)
        yield from self._answers()

    def lose(self, index: int) -> None:
        """Forget a claim that nobody waits for any more, as its pack is built again."""
        self._waiting.pop(index, None)

    def _answers(self) -> Iterator[tuple[int, str]]:
        for index in sorted(self._waiting):
            self._skip_ended()
            if index > self._next:
                return
            name = self._waiting.pop(index)
            self._next = max(self._next, index + 1)
            yield index, self._owners.setdefault(name, self.packs[index])
            # Answered twice, where a pack is built again: it has its name already.

    def _skip_ended(self) -> None:
        while self._next in self._ended:
            self._next += 1

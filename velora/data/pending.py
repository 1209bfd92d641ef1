"""Complete files under hidden names that wait to be renamed together."""

from __future__ import annotations

from collections.abc import Callable

from velora.errors import InvalidArgument

__all__ = ["Pending"]


class Pending:
    """Files that a transaction of a catalog has written so far."""

    def __init__(self) -> None:
        self._names: set[str] = set()
        self._steps: list[tuple[Callable[[], None], Callable[[], None]]] = []

    def reserve(self, name: str) -> None:
        """Reserve a name that will be written; raises `InvalidArgument` when it is taken."""
        if name in self._names:
            raise InvalidArgument(f"{name} is written twice in one import: pass the files of each instrument together")
        self._names.add(name)

    def add(self, move: Callable[[], None], drop: Callable[[], None]) -> None:
        """Register a file by the functions that rename and remove it."""
        self._steps.append((move, drop))

    def commit(self) -> None:
        """Rename all files."""
        steps, self._steps = self._steps, []
        done = 0
        try:
            for move, _ in steps:
                move()
                done += 1
        except BaseException:
            for _, drop in steps[done:]:
                drop()
            raise

    def drop(self) -> None:
        """Remove all files."""
        steps, self._steps = self._steps, []
        for _, drop in steps:
            drop()

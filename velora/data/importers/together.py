"""Atomic imports: all instruments of an import are stored, or none."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any, TypeVar, cast

from velora.data.catalog import Catalog

__all__ = ["stored_together"]

_Import = TypeVar("_Import", bound=Callable[..., Any])


def stored_together(run: _Import) -> _Import:
    """Decorate an importer, a function of paths and a catalog, so that it stores all of its instruments or none."""

    @functools.wraps(run)
    def within(paths: Any, catalog: Catalog, **options: Any) -> Any:
        with catalog.transaction():
            return run(paths, catalog, **options)

    return cast(_Import, within)

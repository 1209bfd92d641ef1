"""All of an import or nothing of it."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any, TypeVar, cast

from velora.data.catalog import Catalog

__all__ = ["stored_together"]

_Import = TypeVar("_Import", bound=Callable[..., Any])


def stored_together(run: _Import) -> _Import:
    """Make an importer, a function of paths and a catalog, store all of its instruments at its end or none of them."""

    @functools.wraps(run)
    def within(paths: Any, catalog: Catalog, **options: Any) -> Any:
        with catalog.transaction():
            return run(paths, catalog, **options)

    return cast(_Import, within)

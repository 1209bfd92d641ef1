from os import PathLike
from typing import Any

def check_rows(
    table: Any,
    *,
    file: str | PathLike[str] | None = None,
    first_row: int = 0,
    after: int | None = None,
    needs_qty: bool = False,
) -> None: ...

"""Messages of calls with wrong arguments."""

from __future__ import annotations

import re
from difflib import get_close_matches

__all__ = ["explained"]

_PARSING = re.compile(r"(?:[\w.]+\.)?__c?init__\(\) (?P<problem>takes|got|needs|missing)(?P<rest>.*)", re.DOTALL)


def explained(error: BaseException, call: str) -> str | None:
    """Message of a TypeError for arguments that do not fit a constructor, with the right call.

    Parameters
    ----------
    error : TypeError
    call : str
        Such as ``"QuoteBook(instrument)"``; of a class that only Velora makes, a sentence that says where from.

    Returns
    -------
    str or None
        None if it is an error of another kind, raised by the constructor's own code.
    """
    found = _PARSING.fullmatch(str(error))
    if found is None:
        return None
    name, bracket, arguments = call.partition("(")
    if not bracket:
        return call
    unknown = re.search(r"unexpected keyword argument '(\w+)'", found["rest"])
    if unknown is None:
        return f"{name}() {found['problem']}{found['rest']}; write {call}"
    known = re.findall(r"\w+(?==|\b(?=[,)]))", arguments)
    close = get_close_matches(unknown[1], known, n=1)
    hint = f"did you mean {close[0]!r}? " if close else ""
    return f"{name} has no argument {unknown[1]!r}; {hint}write {call}"

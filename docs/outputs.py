"""The outputs that pages show below their code: run the code and compare, or write the outputs anew.

    python docs/outputs.py PAGE... [--renew]

The Python blocks of a page run from top to bottom in one namespace. A `text` block that follows a Python block, with an
empty line between, is what the block prints. Times and rates of a run differ from run to run and are not compared.
"""

from __future__ import annotations

import argparse
import contextlib
import io
import re
import sys
from pathlib import Path

_CODE = re.compile(r"^```python\n(?P<code>.*?)^```\n(?:\n^```text\n(?P<output>.*?)^```\n)?", re.MULTILINE | re.DOTALL)
_VARYING = re.compile(r"\d[\d.,]* (ns|us|ms|s)(?= \()|[\d,]+ rows/s")


def run_page(path: Path) -> tuple[str, dict[str, object]]:
    """Run a page; return its text with the outputs that it printed, and the names that its code defined."""
    names: dict[str, object] = {"__name__": "__main__"}

    def ran(match: re.Match[str]) -> str:
        printed = io.StringIO()
        with contextlib.redirect_stdout(printed):
            exec(compile(match["code"], path.name, "exec"), names)
        if match["output"] is None:
            return match[0]
        output = "".join(f"{line.rstrip()}\n" for line in printed.getvalue().splitlines())
        kept = match["output"] if comparable(match["output"]) == comparable(output) else output
        return f"```python\n{match['code']}```\n\n```text\n{kept}```\n"

    return _CODE.sub(ran, path.read_text()), names


def comparable(output: str) -> str:
    """An output without what differs from run to run."""
    return _VARYING.sub("...", output)


def main() -> int:
    parser = argparse.ArgumentParser(description="Compare the outputs that pages show, or write them anew.")
    parser.add_argument("pages", nargs="+", type=Path)
    parser.add_argument("--renew", action="store_true")
    given = parser.parse_args()
    stale = 0
    for page in given.pages:
        text, _ = run_page(page)
        if text != page.read_text():
            stale += 1
            print(f"{page}: {'renewed' if given.renew else 'its outputs are not those of its code'}")
            if given.renew:
                page.write_text(text)
    return 0 if given.renew else min(stale, 1)


if __name__ == "__main__":
    sys.exit(main())

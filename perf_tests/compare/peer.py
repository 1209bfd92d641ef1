"""Drives a peer in its own process and environment, one pass at a time."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path
from typing import Any

from perf_tests.compare.environments import peer_python

__all__ = ["Peer"]


class Peer:
    """A script of `peers/` that reads a workload a line and answers each with one line of JSON.

    Parameters
    ----------
    environment : str
        Key of `environments.PEERS`.
    script : str
        File name in `peers/`.
    session : Path
        Its only argument.
    **variables : str
        Environment variables of the process.
    """

    def __init__(self, environment: str, script: str, session: Path, **variables: str) -> None:
        self.name = environment
        path = Path(__file__).parent / "peers" / script
        self._process = subprocess.Popen(
            [str(peer_python(environment)), str(path), str(session)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env=os.environ | variables,
        )
        self._read("ready")

    def _read(self, wanted: str | None = None) -> str:
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        if not line or (wanted and line.strip() != wanted):
            raise SystemExit(f"the peer {self.name} stopped: {line!r}")
        return line

    def run(self, workload: str) -> dict[str, Any]:
        """One pass; seconds and what it saw."""
        assert self._process.stdin is not None
        self._process.stdin.write(workload + "\n")
        self._process.stdin.flush()
        seen: dict[str, Any] = json.loads(self._read())
        return seen

    def close(self) -> None:
        """End the process."""
        assert self._process.stdin is not None
        self._process.stdin.close()
        self._process.wait()

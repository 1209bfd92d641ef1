"""Virtual environments of the peers, one each, outside the project's own."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

__all__ = ["peer_python"]

#: What each environment holds; versions are pinned so that figures can be compared over time.
REQUIREMENTS = {
    "hftbacktest-2.4.4": ["hftbacktest==2.4.4", "numba==0.68.1", "numpy==2.2.6"],
}


def peer_python(name: str) -> Path:
    """Interpreter of a peer's environment, made when it does not exist.

    The environments lie below ``$VELORA_PEERS``, or ``~/.cache/velora/peers``.
    """
    root = Path(os.environ.get("VELORA_PEERS", Path.home() / ".cache" / "velora" / "peers"))
    folder = root / f"{name}-py{sys.version_info.major}.{sys.version_info.minor}"
    python = folder / "bin" / "python"
    done = folder / ".installed"
    if not done.exists():
        print(f"making the environment of {name} in {folder}", file=sys.stderr)
        subprocess.run([sys.executable, "-m", "venv", str(folder)], check=True)
        subprocess.run(
            [str(python), "-m", "pip", "install", "-q", "--disable-pip-version-check", *REQUIREMENTS[name]],
            check=True,
            stdout=sys.stderr,
        )
        done.touch()
    return python

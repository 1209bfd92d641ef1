"""Virtual environments of the peers, one each, outside the project's own."""

from __future__ import annotations

import fcntl
import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

__all__ = ["PEERS", "Environment", "peer_python"]


@dataclass(frozen=True)
class Environment:
    """What a peer needs.

    Parameters
    ----------
    requirements : tuple of str
        Pinned, so that figures can be compared over time.
    python : str
        Version of Python, such as "3.12"; ours when empty.
    """

    requirements: tuple[str, ...]
    python: str = ""


PEERS = {
    "hftbacktest-2.4.4": Environment(("hftbacktest==2.4.4", "numba==0.68.1", "numpy==2.2.6")),
    "nautilus_trader-1.221.0": Environment(("nautilus_trader==1.221.0",)),
    "nautilus_trader-2.0.0rc6": Environment(("nautilus_trader==2.0.0rc6", "numpy==2.2.6"), python="3.12"),
    "fastmm-engine-0.9.0": Environment(("fastmm-engine==0.9.0", "numpy==2.2.6")),
    # Its compiled hooks take numba below 0.68.
    "fastmm-engine-0.9.0-hot": Environment(
        ("fastmm-engine[hot]==0.9.0", "numba==0.67.0", "llvmlite==0.49.0", "numpy==2.2.6")
    ),
    "lrvx-0.11.0": Environment(("lrvx==0.11.0",)),
    "sortedcontainers-2.4.0": Environment(("sortedcontainers==2.4.0", "numpy==2.2.6")),
    "mbo-queue-0.7.0": Environment(("mbo-queue==0.7.0",)),
    "litebook-0.0.1": Environment(("litebook==0.0.1", "numpy==2.2.6")),
    "cython-orderbook-0.1.2": Environment(("cython-orderbook==0.1.2", "numpy==2.2.6")),
    "indicators": Environment(
        (
            "TA-Lib==0.8.2",
            "tulipy==0.4.0",
            "kand==0.2.2",
            "vector-ta==0.2.8",
            "wickra==2.0.0",
            "bottleneck==1.6.0",
            "quantwave==0.8.1",
            "numpy==2.2.6",
            "setuptools<81",
        )
    ),
    # It has TA-Lib's import name.
    "ta-lib-takt-0.8.2": Environment(("ta-lib-takt==0.8.2", "numpy==2.2.6")),
    "orderly-chaos-0.2.0": Environment(("orderly-chaos==0.2.0", "numpy==2.2.6")),
}


def _interpreter(version: str) -> str:
    """An interpreter of a version: $VELORA_PYTHON_3_12, one on the path, or one of pyenv's."""
    if not version or version == f"{sys.version_info.major}.{sys.version_info.minor}":
        return sys.executable
    named = os.environ.get(f"VELORA_PYTHON_{version.replace('.', '_')}") or shutil.which(f"python{version}")
    if named and subprocess.run([named, "-c", ""], capture_output=True, check=False).returncode == 0:
        return named
    root = Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv")) / "versions"
    for folder in sorted(root.glob(f"{version}.*"), reverse=True):
        return str(folder / "bin" / "python")
    raise SystemExit(f"this peer needs Python {version}: put python{version} on the path")


def peer_python(name: str) -> Path:
    """Interpreter of a peer's environment, made when it does not exist; of "velora", this one.

    The environments lie below ``$VELORA_PEERS``, or ``~/.cache/velora/peers``.
    """
    if name == "velora":
        return Path(sys.executable)
    peer = PEERS[name]
    root = Path(os.environ.get("VELORA_PEERS", Path.home() / ".cache" / "velora" / "peers"))
    version = peer.python or f"{sys.version_info.major}.{sys.version_info.minor}"
    folder = root / f"{name}-py{version}"
    python = folder / "bin" / "python"
    done = folder / ".installed"
    root.mkdir(parents=True, exist_ok=True)
    with (root / f"{folder.name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # another run may be making it
        if not done.exists():
            print(f"making the environment of {name} in {folder}", file=sys.stderr)
            subprocess.run([_interpreter(peer.python), "-m", "venv", "--clear", str(folder)], check=True)
            subprocess.run(
                [str(python), "-m", "pip", "install", "-q", "--disable-pip-version-check", *peer.requirements],
                check=True,
                stdout=sys.stderr,
            )
            done.touch()
    return python

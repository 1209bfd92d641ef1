"""Versions of what a result depends on."""

from __future__ import annotations

import platform
from importlib import metadata

import numpy as np

__all__ = ["versions"]


def versions() -> dict[str, str]:
    """Versions that a result depends on."""
    found = {"python": platform.python_version(), "numpy": np.__version__}
    for package in ("velora", "pyarrow"):
        try:
            found[package] = metadata.version(package)
        except metadata.PackageNotFoundError:
            found[package] = "unknown"
    return found

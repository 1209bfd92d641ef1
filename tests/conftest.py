"""Fixtures of all tests."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from hypothesis import settings

settings.register_profile("velora", deadline=None, derandomize=True)
settings.load_profile("velora")

ROOT = Path(__file__).resolve().parents[1]


@pytest.fixture(scope="session")
def repository() -> Path:
    """Root of the source tree; skips where the tests run without it."""
    if not (ROOT / "csrc").is_dir():
        pytest.skip("this test needs the source tree")
    return ROOT


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """Folder of the recorded market data, which is not part of the project."""
    folder = Path(os.environ.get("VELORA_SHARED", ROOT.parent / "shared")) / "data"
    if not folder.is_dir():
        pytest.skip("the recorded sessions are not here: set VELORA_SHARED to the folder that holds data/")
    return folder

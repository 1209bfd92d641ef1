"""Fixtures of all tests."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import sysconfig
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


@pytest.fixture(scope="session")
def c_compiler() -> str:
    """The C compiler that built Python, else any; skips where there is none."""
    for name in ((sysconfig.get_config_var("CC") or "cc").split()[0], "cc"):
        if found := shutil.which(name):
            return found
    pytest.skip("this test needs a C compiler")


@pytest.fixture(scope="session")
def built_wheel() -> Path:
    """The wheel of this Python that `make wheels` has built, in dist/ or the folder VELORA_DIST."""
    folder = Path(os.environ.get("VELORA_DIST", ROOT / "dist"))
    tag = f"cp3{sys.version_info.minor}"
    found = sorted(folder.glob(f"velora_hft-*-{tag}-{tag}-*.whl"))
    if not found:
        pytest.skip(f"{folder} has no wheel for this Python: make wheels")
    return found[0].absolute()


@pytest.fixture(scope="session")
def matching_library(repository: Path, c_compiler: str, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The matching engine of csrc and what it stands on, as a static library."""
    folder = tmp_path_factory.mktemp("matching_library")
    names = ("book_l2", "book_l3", "contingency", "map", "match", "sorted")
    sources = [repository / "csrc/src" / f"{name}.c" for name in names]
    flags = ["-std=c11", "-O2", "-DNDEBUG", "-ffp-contract=off", f"-I{repository / 'csrc/include'}"]
    subprocess.run([c_compiler, *flags, "-c", *map(str, sources)], cwd=folder, check=True, timeout=300)
    library = folder / "libmatching.a"
    subprocess.run(["ar", "rcs", library, *(f"{name}.o" for name in names)], cwd=folder, check=True, timeout=60)
    return library

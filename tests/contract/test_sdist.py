"""The source distribution: what git tracks and nothing else, under the name that is ours."""

from __future__ import annotations

import shutil
import subprocess
import sys
import tarfile
from importlib.metadata import PackageNotFoundError, metadata
from pathlib import Path

import pytest

import velora


def git_files(root: Path) -> set[str]:
    """What git tracks or would track, as far as it is there."""
    command = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    done = subprocess.run(command, cwd=root, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        pytest.skip("the sources are not a git repository")
    return {name for name in done.stdout.split("\0") if name and (root / name).is_file()}


@pytest.fixture(scope="module")
def sdist(repository: Path, tmp_path_factory: pytest.TempPathFactory) -> set[str]:
    """Names in a source distribution made of the tree."""
    pytest.importorskip("scikit_build_core", reason="making a source distribution needs the build backend")
    if shutil.which("git") is None or not (repository / "pyproject.toml").is_file():
        pytest.skip("needs git and the source tree")
    folder = tmp_path_factory.mktemp("sdist")
    program = f"from scikit_build_core.build import build_sdist; build_sdist({str(folder)!r})"
    subprocess.run([sys.executable, "-c", program], cwd=repository, check=True, timeout=120)
    (made,) = folder.iterdir()
    assert made.name == f"velora_hft-{velora.__version__}.tar.gz"
    with tarfile.open(made) as archive:
        return {name.partition("/")[2] for name in archive.getnames()}


def test_source_distribution_holds_what_git_tracks(repository, sdist):
    tracked = {name for name in git_files(repository) if not name.startswith(".ci/")}
    assert sdist - {"PKG-INFO"} == tracked


def test_source_distribution_holds_what_the_build_includes(sdist):
    for needed in ("CMakeLists.txt", "cmake/VeloraModule.cmake", "csrc/CMakeLists.txt", "velora/py.typed", "setup.py"):
        assert needed in sdist
    assert not [name for name in sdist if name.startswith(("build/", ".venv/")) or name.endswith((".so", ".pyc"))]


def test_distribution_is_velora_hft_and_the_package_velora():
    assert metadata("velora-hft")["Version"] == velora.__version__
    try:
        other = metadata("velora")
    except PackageNotFoundError:
        return
    pytest.fail(f"a distribution called velora is installed beside this one: {other['Summary']}")


def test_advice_names_the_distribution(repository):
    """Where pip is told to install an extra, it installs ours."""
    advising = [path for path in [*repository.glob("*.md"), *repository.glob("docs/**/*.md")] if path.is_file()]
    advising += Path(velora.__file__).parent.rglob("*.py*")
    wrong = [
        f"{path}: {line.strip()}"
        for path in advising
        if path.suffix in (".py", ".pyx", ".pyi", ".md") and "_build" not in path.parts
        for line in path.read_text("utf-8").splitlines()
        if "velora[" in line
    ]
    assert not wrong

"""Install a wheel into a fresh environment outside the tree, and check it from there.

    python cmake/check_wheel.py WHEEL PYTHON [--sdist FILE] [--pipx PIPX] [--tests PATH ...]

Checked: it holds all sources, stubs and headers of the sdist; its size and that of the installed package; the time that
`import velora` adds to the start of Python; `velora demo` in an empty folder; with --pipx the demo by `pipx run`; and
the given tests, run with the installed package. Prints the figures and the demo's hash.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import shutil
import subprocess
import sys
import tarfile
import tempfile
import zipfile
from pathlib import Path

#: MB of the wheel, MB of the installed package, ms that `import velora` adds.
_WHEEL_MAX, _INSTALLED_MAX, _IMPORT_MAX = 6.0, 14.0, 20.0
_STARTS = 15


def run(*command: str | Path, cwd: Path, **environment: str) -> str:
    # Nothing of the caller's environment leads to another Velora.
    kept = {name: value for name, value in os.environ.items() if name not in ("PYTHONPATH", "VIRTUAL_ENV")}
    done = subprocess.run(
        [str(part) for part in command],
        cwd=cwd,
        env={**kept, **environment},
        stdout=subprocess.PIPE,
        text=True,
        check=False,
    )
    if done.returncode != 0:
        print(done.stdout)
        raise SystemExit(f"failed with status {done.returncode}: {' '.join(map(str, command))}")
    return done.stdout


def megabytes(paths: list[Path]) -> float:
    return sum(path.stat().st_size for path in paths) / 1e6


def lacking(wheel: Path, sources: Path) -> list[str]:
    """Files of the sources that the wheel does not install."""
    wanted = {str(path.relative_to(sources)) for path in (sources / "velora").rglob("*") if path.is_file()}
    include = sources / "csrc" / "include"
    wanted |= {f"velora/include/{path.relative_to(include)}" for path in include.rglob("*.h")}
    return sorted(wanted - set(zipfile.ZipFile(wheel).namelist()))


def cpu_ms(python: Path, program: str, cwd: Path) -> float:
    """CPU time of one start: on a busy machine it varies less than the time on the wall."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    run(python, "-c", program, cwd=cwd)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return 1e3 * (after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime)


def import_ms(python: Path, cwd: Path) -> float:
    bare = min(cpu_ms(python, "pass", cwd) for _ in range(_STARTS))
    return min(cpu_ms(python, "import velora", cwd) for _ in range(_STARTS)) - bare


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("wheel", type=Path)
    parser.add_argument("python", type=Path)
    parser.add_argument("--sdist", type=Path)
    parser.add_argument("--pipx", type=Path)
    parser.add_argument("--tests", nargs="*", default=[])
    given = parser.parse_args()
    wheel = given.wheel.resolve()
    sdist = given.sdist.resolve() if given.sdist else None
    failures = []
    with tempfile.TemporaryDirectory(prefix="velora-wheel-") as made:
        place = Path(made)
        sources, outside = place / "sources", place / "outside"
        outside.mkdir()
        if sdist is not None:
            with tarfile.open(sdist) as archive:
                archive.extractall(place, filter="data")
            next(place.glob("velora_hft-*")).rename(sources)
            if absent := lacking(wheel, sources):
                failures.append(f"the wheel lacks {', '.join(absent)}")
        run(given.python, "-m", "venv", place / "venv", cwd=place)
        python = place / "venv" / "bin" / "python"
        extra = "[test]" if given.tests else ""
        run(python, "-m", "pip", "install", "-q", f"{wheel}{extra}", cwd=outside)
        folder = Path(run(python, "-c", "import velora; print(velora.__path__[0])", cwd=outside).strip())
        if not folder.is_relative_to(place):
            failures.append(f"velora was imported from {folder}")
        installed = [path for path in folder.rglob("*") if path.is_file() and path.suffix != ".pyc"]
        figures = {
            "wheel_mb": (megabytes([wheel]), _WHEEL_MAX),
            "installed_mb": (megabytes(installed), _INSTALLED_MAX),
            "import_ms": (import_ms(python, outside), _IMPORT_MAX),
        }
        for name, (found, most) in figures.items():
            if found > most:
                failures.append(f"{name} is {found:.1f}, at most {most} is allowed")
        demo = ("demo", "--events", "200000", "--json")
        summary = json.loads(run(python.with_name("velora"), *demo, cwd=outside))
        print(
            wheel.name,
            *(f"{name}={found:.1f}" for name, (found, _) in figures.items()),
            f"hash={summary['run']['hash']}",
        )
        if given.pipx is not None:
            homes = {"PIPX_HOME": str(place / "pipx"), "PIPX_DEFAULT_PYTHON": str(given.python)}
            by_pipx = json.loads(
                run(given.pipx.absolute(), "run", "--spec", wheel, "velora", *demo, cwd=outside, **homes)
            )
            print("pipx run: hash", by_pipx["run"]["hash"])
            if by_pipx["run"]["hash"] != summary["run"]["hash"]:
                failures.append("the demo by pipx has another hash")
        if given.tests:
            # Without velora/, which would hide the installed package.
            for name in ("tests", "examples", "docs", "csrc"):
                shutil.copytree(sources / name, outside / name)
            shutil.copy(sources / "pyproject.toml", outside)
            print(run(python, "-m", "pytest", "-q", "-p", "no:cacheprovider", *given.tests, cwd=outside))
    for failure in failures:
        print(f"velora: {failure}", file=sys.stderr)
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())

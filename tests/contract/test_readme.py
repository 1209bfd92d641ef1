"""A stranger types what README, quickstart and installation page say, in a fresh clone and after an installation.

Commands run exactly as they stand, in the order of the page, in one shell. The environment is empty but for HOME (a new
folder), PATH (the system's folders and python3) and the settings of pip. The clone is built once for all pages.
`make readme` runs this module; elsewhere it is skipped, because a build takes minutes.
"""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import sysconfig
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
#: Seconds that the commands of one page may take on two cores.
BUDGET = 1200

pytestmark = [
    pytest.mark.readme,
    pytest.mark.skipif("VELORA_README" not in os.environ, reason="builds a clone: run it by `make readme`"),
]
_BLOCK = re.compile(r"^```(?:sh|bash|console)\n(.*?)^```", re.MULTILINE | re.DOTALL)
#: Commands that are not run: they need a terminal, a browser, or names that a package index does not have before the
#: first release.
_NOT_RUN = re.compile(r"^(?:jupyter |velora --install-completion|pipx )|jupyterlab")


def commands_of(text: str) -> list[str]:
    """The lines of the shell blocks, without those that cannot run here; continued lines as one command."""
    lines = "".join(_BLOCK.findall(text)).replace("\\\n", " ").splitlines()
    return [line for line in lines if line.strip() and not line.startswith("#") and not _NOT_RUN.search(line)]


def section(text: str, heading: str) -> str:
    found = re.search(rf"^## {re.escape(heading)}\n(.*?)(?=^## |\Z)", text, re.MULTILINE | re.DOTALL)
    assert found, f"no section {heading}"
    return found[1]


class Stranger:
    """A user with an empty home: types commands, one shell a page."""

    def __init__(self, place: Path) -> None:
        self.home = place / "home"
        programs = place / "bin"
        self.home.mkdir()
        programs.mkdir()
        base = Path(sysconfig.get_config_var("BINDIR")) / f"python3.{sys.version_info.minor}"
        for name in ("python", "python3"):
            (programs / name).symlink_to(base)
        self.environment = {name: value for name, value in os.environ.items() if name.startswith("PIP_")}
        self.environment |= {"HOME": str(self.home), "PATH": f"{programs}:/usr/bin:/bin", "LANG": "C.UTF-8"}
        # The few tests that show that `make test` works.
        self.environment["PYTEST_ARGS"] = "tests/unit/core/test_clock.py"

    def type(self, commands: list[str], folder: Path, **environment: str) -> str:
        assert commands, "the page has no commands"
        script = "set -e\n" + "".join(f"echo '$' {_quoted(command)}\n{command}\n" for command in commands)
        # A session of its own, so that a compiler does not outlive the budget.
        with subprocess.Popen(
            ["bash", "--norc", "--noprofile", "-c", script],
            cwd=folder,
            env=self.environment | environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        ) as shell:
            try:
                printed, _ = shell.communicate(timeout=BUDGET)
            except BaseException:
                os.killpg(shell.pid, signal.SIGKILL)
                raise
        assert shell.returncode == 0, printed[-6000:]
        return printed


def _quoted(command: str) -> str:
    return "'" + command.replace("'", "'\\''") + "'"


@pytest.fixture(scope="module")
def stranger(tmp_path_factory: pytest.TempPathFactory) -> Stranger:
    return Stranger(tmp_path_factory.mktemp("stranger"))


@pytest.fixture(scope="module")
def clone(stranger: Stranger, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    """A clone in which the README was followed, and what that printed."""
    folder = tmp_path_factory.mktemp("clone") / "velora"
    subprocess.run(["git", "clone", "-q", str(ROOT), str(folder)], check=True)
    return folder, stranger.type(commands_of((folder / "README.md").read_text()), folder)


@pytest.fixture(scope="module")
def installed(stranger: Stranger, built_wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder without a tree whose .venv has the wheel, and the report's extra."""
    folder = tmp_path_factory.mktemp("installed")
    stranger.type(["python3 -m venv .venv", f".venv/bin/pip install -q '{built_wheel}[report]'"], folder)
    return folder


def test_the_readme_works_in_a_fresh_clone(clone: tuple[Path, str]) -> None:
    folder, printed = clone
    assert "$ make demo" in printed
    assert "velora: compiling" in printed
    assert (folder / "report.html").stat().st_size > 100_000
    assert list(folder.rglob("run.journal"))


def test_the_tree_of_the_clone_stays_clean(clone: tuple[Path, str]) -> None:
    left = subprocess.run(["git", "status", "--short"], cwd=clone[0], capture_output=True, text=True, check=True).stdout
    assert not [line for line in left.splitlines() if not line.endswith(" samples/")]


def test_a_second_build_prints_nothing(clone: tuple[Path, str], stranger: Stranger) -> None:
    assert stranger.type(["make build"], clone[0]).splitlines()[1:] == []


def test_make_test_works_in_the_clone(clone: tuple[Path, str], stranger: Stranger) -> None:
    printed = stranger.type(["make test"], clone[0])
    assert "[100%]" in printed


def test_the_quickstart_works(clone: tuple[Path, str], stranger: Stranger, tmp_path: Path) -> None:
    """The page follows README and installation page: the environment is active."""
    commands = commands_of((clone[0] / "docs" / "quickstart.md").read_text())
    stranger.type([f"source {clone[0]}/.venv/bin/activate", *commands], tmp_path)


def test_the_installation_page_works(
    clone: tuple[Path, str], stranger: Stranger, built_wheel: Path, tmp_path: Path
) -> None:
    text = (clone[0] / "docs" / "installation.md").read_text()
    # The name of the distribution leads to the wheel of this tree.
    links = f"{built_wheel.parent} {os.environ.get('PIP_FIND_LINKS', '')}".strip()
    stranger.type(commands_of(section(text, "A wheel")), tmp_path, PIP_FIND_LINKS=links)
    stranger.type(commands_of(section(text, "From the source")), clone[0])


def test_the_readme_works_after_an_installation(stranger: Stranger, installed: Path, clone: tuple[Path, str]) -> None:
    commands = commands_of((clone[0] / "README.md").read_text())
    after = commands[commands.index("source .venv/bin/activate") :]
    assert len(after) > 4
    printed = stranger.type([*after, "python -c 'import velora; print(velora.__file__)'"], installed)
    assert str(installed) in printed.splitlines()[-1]

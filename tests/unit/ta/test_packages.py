"""Indicators of installed packages: found by their entry points, loaded late, and never a crash."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import textwrap

import pytest

GOOD = '''
from velora import ta


class PackageMean(ta.CustomIndicator):
    """Mean since the start."""

    inputs = ("close",)
    outputs = (ta.Output("package_mean", "overlay"),)
    is_anchored = True

    def setup(self):
        self.sum = 0.0

    def step(self, close):
        self.sum += close
        return self.sum / (self.count + 1)
'''


def install(folder, package, source, entries):
    """A package as pip installs it: a module, and metadata with its entry points."""
    (folder / f"{package}.py").write_text(source)
    info = folder / f"{package.replace('_', '-')}-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {package.replace('_', '-')}\nVersion: 1.0\n")
    lines = "".join(f"{name} = {value}\n" for name, value in entries.items())
    (info / "entry_points.txt").write_text(f"[velora.indicators]\n{lines}")


def run(folder, program):
    """What a program prints with the packages of a folder installed; a warning is printed as an error is."""
    env = {**os.environ, "PYTHONPATH": str(folder)}
    done = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(program)], env=env, capture_output=True, text=True, timeout=60
    )
    assert done.returncode == 0, done.stderr
    return done


@pytest.fixture
def good(tmp_path):
    install(tmp_path, "good_package", GOOD, {"package_mean": "good_package:PackageMean"})
    return tmp_path


def test_an_indicator_of_a_package_has_both_faces(good):
    done = run(
        good,
        """
        import sys
        from velora import ta
        ta.ema, ta.EMA(3)
        assert "good_package" not in sys.modules, "loaded before it was needed"
        assert ta.package_mean([1.0, 3.0, 8.0]).tolist() == [1.0, 2.0, 4.0]
        import good_package
        assert ta.PackageMean is good_package.PackageMean
        mean = ta.PackageMean()
        assert [mean.update(x) for x in (1.0, 3.0)] == [1.0, 2.0]
        assert ta.kinds()["package_mean"].is_custom
        """,
    )
    assert done.stderr == ""


def test_a_package_may_name_its_module(tmp_path):
    install(tmp_path, "whole_package", GOOD.replace("class", "@ta.register\nclass"), {"all": "whole_package"})
    assert run(tmp_path, "from velora import ta; print(sorted(k for k in ta.kinds() if 'pack' in k))").stdout == (
        "['package_mean']\n"
    )


def test_the_list_of_the_command_line_has_it(good):
    program = "import sys; sys.argv = ['velora', 'ta', 'list', '--json']; from velora.cli import main; main()"
    rows = {row["name"]: row for row in json.loads(run(good, program).stdout)}
    assert rows["package_mean"]["is_custom"] is True
    assert rows["package_mean"]["class_name"] == "PackageMean"


def test_a_package_that_fails_gives_a_warning_with_its_name(good):
    install(good, "broken_package", "1 / 0", {"broken": "broken_package:Broken"})
    install(good, "lacking_package", "", {"lacking": "lacking_package:Lacking"})
    clash = GOOD.replace("PackageMean", "OtherSma").replace("inputs =", "name = 'sma'\n    inputs =")
    install(good, "clashing_package", clash, {"clash": "clashing_package:OtherSma"})
    install(good, "empty_package", "", {"empty": "empty_package"})
    done = run(
        good, "from velora import ta; print('package_mean' in ta.kinds(), ta.sma([1.0], 1), len(ta.kinds()) > 3)"
    )
    assert done.stdout == "True [1.] True\n"
    warned = [line for line in done.stderr.splitlines() if "VeloraWarning" in line]
    assert len(warned) == 4
    for package, reason in (
        ("broken-package", "ZeroDivisionError"),
        ("lacking-package", "AttributeError"),
        ("clashing-package", "sma is an indicator of velora.ta"),
        ("empty-package", "defines no CustomIndicator"),
    ):
        assert any(package in line and reason in line for line in warned), package


def test_an_unknown_name_is_an_attribute_error_and_loads_packages_once(good):
    run(
        good,
        """
        from velora import ta
        for _ in range(2):
            try:
                ta.nothing_of_this_name
            except AttributeError as error:
                assert "nothing_of_this_name" in str(error)
            else:
                raise SystemExit("there is such a name")
        assert ta.package_mean.kind.title == "Mean since the start"
        """,
    )

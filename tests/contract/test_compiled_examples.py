"""What users compile against the installed package: it builds outside of it and does what its Python twin does."""

from __future__ import annotations

import importlib.util
import runpy
import shutil
import subprocess
import sys

import pytest

import velora as vl

pytest.importorskip("Cython", reason="needs Cython to build the example")
pytest.importorskip("setuptools", reason="needs setuptools to build the example")


@pytest.fixture(scope="module")
def compiled(repository, tmp_path_factory):
    """The compiled queue model, built in a folder of its own with its own setup.py."""
    folder = tmp_path_factory.mktemp("compiled") / "model"
    shutil.copytree(repository / "examples" / "compiled_queue_model", folder)
    done = subprocess.run(
        [sys.executable, "setup.py", "-q", "build_ext", "--inplace"],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    (built,) = folder.glob("back_heavy.*.so")
    spec = importlib.util.spec_from_file_location("back_heavy", built)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_compiled_queue_model_gives_the_fills_of_its_python_twin(compiled, repository, monkeypatch):
    monkeypatch.setattr("sys.argv", ["example"])
    twin = runpy.run_path(str(repository / "examples" / "03_queue_model.py"))
    market = vl.SyntheticMarket(seed=7, duration="20s")
    hashes = {
        vl.Backtest(market, twin["Quoter"](), latency="5ms", queue=model).run().hash
        for model in (compiled.BackHeavy(), twin["BackHeavy"]())
    }
    assert len(hashes) == 1
    assert compiled.BackHeavy().after(60, 100, 90) == pytest.approx(57)

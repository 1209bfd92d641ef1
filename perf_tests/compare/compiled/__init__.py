"""Builds the compiled parts of a comparison as a user would: with Cython, against the installed package."""

from __future__ import annotations

import importlib.util
import subprocess
import sys
import sysconfig
from pathlib import Path
from types import ModuleType

import velora as vl

__all__ = ["build"]


def build(name: str, folder: Path) -> ModuleType:
    """Compile ``name.pyx`` of this folder into another one and import it."""
    source = Path(__file__).with_name(f"{name}.pyx")
    root = Path(vl.__file__).resolve().parents[1]
    made = folder / f"{name}.c"
    library = made.with_suffix(str(sysconfig.get_config_var("EXT_SUFFIX")))
    options = ["-X", "nonecheck=False", "-X", "boundscheck=False", "-X", "wraparound=False"]
    subprocess.run(
        [sys.executable, "-m", "cython", "-3", *options, "-I", str(root), "-o", str(made), str(source)], check=True
    )
    compiler = (sysconfig.get_config_var("CC") or "cc").split()[0]
    includes = [f"-I{sysconfig.get_paths()['include']}", f"-I{vl.get_include()}"]
    subprocess.run([compiler, "-shared", "-fPIC", "-O2", *includes, str(made), "-o", str(library)], check=True)
    spec = importlib.util.spec_from_file_location(name, library)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module

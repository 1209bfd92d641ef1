# The build is described once, in CMakeLists.txt; this shim only serves `python setup.py build_ext --inplace`, with
# setuptools 77 or newer.
from scikit_build_core.setuptools.wrapper import setup

setup(cmake_source_dir=".", packages=[])

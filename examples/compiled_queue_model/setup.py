from Cython.Build import cythonize
from setuptools import Extension, setup

import velora

setup(ext_modules=cythonize([Extension("back_heavy", ["back_heavy.pyx"], include_dirs=[velora.get_include()])]))

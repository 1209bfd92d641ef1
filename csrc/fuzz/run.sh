#!/usr/bin/env bash
# run.sh BIN SECONDS [RUNS [SEED]]: build the libFuzzer targets with the CMake in BIN and run each for SECONDS, or for
# RUNS inputs from SEED and an empty corpus when RUNS is given: the same inputs on every machine.
set -euo pipefail
cd "$(dirname "$0")/../.."
PATH="$1:$PATH"
seconds=$2
runs=${3:-}
seed=${4:-1}

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
    corpus=build/fuzz/corpus/$name
    limit=("-max_total_time=$seconds")
    length="$seconds s"
    if [ -n "$runs" ]; then
        corpus=$(mktemp -d)
        # An input of these is a whole run, in turn and in bursts: a hundred a second.
        inputs=$runs
        case $name in fuzz_replay*) inputs=$((runs / 20)) ;; esac
        limit=("-runs=$inputs" "-seed=$seed")
        length="$inputs inputs of seed $seed"
    fi
    mkdir -p "$corpus"
    seeds=()
    [ -d "csrc/fuzz/corpus/$name" ] && seeds=("csrc/fuzz/corpus/$name")
    echo "velora: $name for $length"
    "build/fuzz/$name" "${limit[@]}" -max_len=4096 -print_final_stats=1 "$corpus" "${seeds[@]}" 2>&1 | tail -n 30
    [ -z "$runs" ] || rm -rf "$corpus"
done

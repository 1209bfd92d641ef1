"""The C headers serve C++ (C++17 and later) as they are: each by itself, and linked against the C library."""

from __future__ import annotations

import shutil
import subprocess

import pytest

COMPILER = shutil.which("g++") or shutil.which("clang++")

pytestmark = pytest.mark.skipif(COMPILER is None, reason="there is no C++ compiler here")

PROGRAM = """
#include <cstdio>

#include "velora/match.h"

int main()
{
    vel_match_t engine;
    if (vel_match_init(&engine, VEL_AMEND_IN_PLACE) != VEL_OK)
        return 1;
    vel_contingency_command_t sell = {}, buy = {};
    sell.order_id = 1, sell.terms.price = 100, sell.terms.qty = 5, sell.terms.side = VEL_SELL;
    buy.order_id = 2, buy.terms.price = 101, buy.terms.qty = 3;
    vel_match_on_command(&engine, &sell);
    vel_match_on_command(&engine, &buy);
    for (int64_t at = 0; at < engine.reports.count; at++) {
        const vel_match_report_t &one = engine.reports.items[at];
        std::printf("%d %ld %ld@%ld\\n", one.kind, long(one.order_id), long(one.qty), long(one.price));
    }
    vel_match_free(&engine);
}
"""


def compile_cpp(*arguments, folder):
    done = subprocess.run(
        [COMPILER, "-std=c++17", "-Wall", "-Wextra", "-Wpedantic", "-Werror", *map(str, arguments)],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr


def test_each_header_compiles_by_itself_as_cpp(repository, tmp_path):
    headers = sorted((repository / "csrc/include/velora").glob("*.h"))
    sources = []
    for header in headers:
        sources.append(tmp_path / f"{header.stem}.cpp")
        sources[-1].write_text(f'#include "velora/{header.name}"\n')
    assert len(sources) > 30
    compile_cpp("-fsyntax-only", "-I", repository / "csrc/include", *sources, folder=tmp_path)


def test_each_header_declares_its_functions_with_c_linkage(repository):
    macros_only = {"base.h", "heap.h", "ring.h", "vector.h"}
    for header in sorted((repository / "csrc/include/velora").glob("*.h")):
        lines = header.read_text().splitlines()
        wanted = [] if header.name in macros_only else ["VEL_C_BEGIN", "VEL_C_END"]
        assert [line for line in lines if line in ("VEL_C_BEGIN", "VEL_C_END")] == wanted, header.name


def test_cpp_program_links_against_the_matching_library(repository, matching_library, tmp_path):
    (tmp_path / "main.cpp").write_text(PROGRAM)
    compile_cpp("-I", repository / "csrc/include", "main.cpp", matching_library, "-lm", "-o", "main", folder=tmp_path)
    printed = subprocess.run([tmp_path / "main"], capture_output=True, text=True, check=True).stdout
    assert printed.splitlines() == ["0 1 5@100", "0 2 3@101", "1 2 3@100", "1 1 3@100"]

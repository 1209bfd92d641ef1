"""Single operations, against nobody: how long one takes, and how many instructions it is.

`figures` says what is measured, `test_figures` measures the time (pytest-benchmark, `make bench`), and `instructions`
counts under callgrind and compares with the baseline (`make bench BENCH_INSTRUCTIONS=1`).
"""

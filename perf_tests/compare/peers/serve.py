"""The peers' side of `perf_tests.compare.peer`: answers workloads with JSON."""

import json
import sys

__all__ = ["serve"]


def serve(run):
    """For each line on standard input, print what ``run(*words)`` gives."""
    print("ready", flush=True)
    for line in sys.stdin:
        print(json.dumps(run(*line.split())), flush=True)

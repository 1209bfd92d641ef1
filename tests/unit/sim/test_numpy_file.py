"""Files of measured latencies: what is none is an error that names it."""

from __future__ import annotations

import os
import zipfile

import numpy as np
import pytest

import velora as vl
from velora.errors import CorruptData, InvalidArgument, MissingFile
from velora.sim.distribution import LatencyDistribution
from velora.sim.latency_recording import LatencyRecording


@pytest.fixture
def files(tmp_path):
    (tmp_path / "dir").mkdir()
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "empty").write_bytes(b"")
    (tmp_path / "binary").write_bytes(bytes(range(256)))
    np.save(tmp_path / "whole.npy", np.arange(1_000))
    whole = (tmp_path / "whole.npy").read_bytes()
    (tmp_path / "cut.npy").write_bytes(whole[:-100])
    (tmp_path / "header.npy").write_bytes(whole[:20])
    (tmp_path / "huge.npy").write_bytes(whole.replace(b"(1000,)", b"(9" + b"0" * 17 + b",)")[:400])
    np.savez(tmp_path / "other.npz", others=np.arange(3))
    with zipfile.ZipFile(tmp_path / "bad.npz", "w") as archive:
        archive.writestr("data.npy", b"nothing")
    return tmp_path


@pytest.mark.parametrize(
    "name", ["dir", "pipe", "empty", "binary", "cut.npy", "header.npy", "huge.npy", "other.npz", "bad.npz", "none"]
)
def test_what_is_no_file_of_numbers_is_one_error(files, name):
    error = MissingFile if name == "none" else (CorruptData, InvalidArgument)
    with pytest.raises(error, match=name):
        LatencyRecording.of(files / name)
    with pytest.raises(error, match=name):
        vl.Latency(entry=f"samples({files / name})")


@pytest.mark.parametrize(
    "values", [["a", "b"], [1.0, float("nan")], [1.0, float("inf")], [1, 2**63], [1e300, 1.0], [1j, 2j], [None, 1]]
)
def test_samples_that_are_no_numbers_of_ns_are_refused(values):
    with pytest.raises(InvalidArgument):
        LatencyDistribution.of_samples(values)


def test_samples_are_read_back(tmp_path):
    np.save(tmp_path / "samples.npy", np.array([5, 1, 3]))
    assert LatencyDistribution.load(str(tmp_path / "samples.npy")).quantile(0.5) == 3

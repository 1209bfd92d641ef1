"""Files that are whole or not there, and seals."""

from __future__ import annotations

import errno
import os
import stat

import pytest

from velora.core.files import PRIVATE, WholeFile, is_partial, leftovers, open_regular, refuse_unless_regular
from velora.core.seal import BLANK_SEAL, is_sealed, seal
from velora.errors import InvalidArgument, MissingFile, VeloraError, WriteError


def test_a_file_is_there_when_it_is_committed(tmp_path):
    path = tmp_path / "a.bin"
    path.write_bytes(b"old")
    with WholeFile(path) as out:
        out.write(b"new ")
        out.write(memoryview(b"bytes"))
        assert out.tell() == 9
        assert path.read_bytes() == b"old"
        (hidden,) = [one.name for one in tmp_path.iterdir() if one != path]
        assert is_partial(hidden)
    assert path.read_bytes() == b"new bytes"
    assert [one.name for one in tmp_path.iterdir()] == ["a.bin"]


def test_a_writer_that_fails_leaves_what_was_there(tmp_path):
    path = tmp_path / "a.bin"
    path.write_bytes(b"old")
    out = WholeFile(path)
    out.write(b"x" * 5_000_000)
    out.discard()
    out.commit()  # which comes too late
    assert out.write(b"after the end") == 13
    assert path.read_bytes() == b"old"
    assert [one.name for one in tmp_path.iterdir()] == ["a.bin"]


def test_the_mode_is_that_of_a_new_file_or_private(tmp_path):
    umask = os.umask(0o027)
    try:
        for mode, expected in ((0o666, 0o640), (PRIVATE, 0o600)):
            with WholeFile(tmp_path / "a", mode=mode) as out:
                out.write(b"x")
            assert stat.S_IMODE((tmp_path / "a").stat().st_mode) == expected
    finally:
        os.umask(umask)


def odd(path, what):
    if what == "link":
        (path.parent / "victim").write_text("precious")
        path.symlink_to(path.parent / "victim")
    elif what == "dangling link":
        path.symlink_to(path.parent / "victim")
    elif what == "pipe":
        os.mkfifo(path)
    else:
        path.mkdir()


@pytest.mark.parametrize("what", ["link", "dangling link", "pipe", "folder"])
def test_what_is_no_file_is_not_written_to(tmp_path, what):
    path = tmp_path / "target"
    odd(path, what)
    before = path.lstat()
    with pytest.raises(InvalidArgument, match=what.rpartition(" ")[2]):
        WholeFile(path)
    assert path.lstat().st_mode == before.st_mode
    if what == "link":
        assert (tmp_path / "victim").read_text() == "precious"
    assert not list(tmp_path.glob(".*"))


def test_a_link_that_comes_while_the_file_is_written_is_not_replaced(tmp_path):
    path = tmp_path / "target"
    out = WholeFile(path)
    odd(path, "link")
    with pytest.raises(InvalidArgument, match="link"):
        out.commit()
    assert path.is_symlink()
    assert not list(tmp_path.glob(".*"))


def test_devices_are_neither_written_nor_read():
    with pytest.raises(InvalidArgument, match="device"):
        refuse_unless_regular("/dev/zero")
    with pytest.raises(InvalidArgument, match="device"):
        open_regular("/dev/zero")


def test_a_pipe_is_not_waited_for(tmp_path):
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(InvalidArgument, match="pipe"):
        open_regular(tmp_path / "pipe")
    with pytest.raises(MissingFile):
        open_regular(tmp_path / "nothing")
    with pytest.raises(MissingFile):
        open_regular(tmp_path)


def test_leftovers_are_told_from_what_is_being_written(tmp_path):
    dead = tmp_path / ".a.bin.0123456789abcdef.partial"
    other = tmp_path / ".b.bin.0123456789abcdef.partial"
    mine = tmp_path / ".a.bin.partial"
    for path in (dead, other, mine):
        path.write_bytes(b"x")
    with WholeFile(tmp_path / "b.bin") as out:
        assert not other.exists()  # of an earlier writer of the same name
        assert leftovers(tmp_path) == [str(dead)]
        out.write(b"y")
    WholeFile(tmp_path / "a.bin").commit()
    assert leftovers(tmp_path) == []
    assert mine.exists()


def test_a_seal_is_broken_by_every_changed_bit():
    data = seal(b'{"a": 1, "checksum": "' + BLANK_SEAL.encode() + b'"}\n')
    assert is_sealed(data)
    for at in range(8 * len(data)):
        changed = bytearray(data)
        changed[at // 8] ^= 1 << at % 8
        assert not is_sealed(bytes(changed))
    assert not is_sealed(data[:-1])
    assert not is_sealed(data + b" ")
    assert not is_sealed(b"")


def test_text_that_looks_like_a_seal_does_not_make_one():
    data = BLANK_SEAL.encode() * 3
    assert is_sealed(seal(data))
    assert not is_sealed(data)


def test_a_full_disk_is_an_error_of_ours_and_one_of_the_system(tmp_path, monkeypatch):
    path = tmp_path / "a.bin"
    path.write_bytes(b"old")

    def full(handle):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(os, "fsync", full)
    out = WholeFile(path)
    out.write(b"new")
    with pytest.raises(WriteError, match=r"a\.bin: No space left") as caught:
        out.commit()
    assert isinstance(caught.value, OSError)
    assert isinstance(caught.value, VeloraError)
    assert caught.value.errno == errno.ENOSPC
    assert path.read_bytes() == b"old"
    assert not list(tmp_path.glob(".*"))

"""Atomic file writes: a file is complete or absent. All of Velora's files are written and opened here.

A `WholeFile` is written under a hidden, unpredictable name, ``.NAME.RANDOM.partial``, flushed to disk, and then renamed
to NAME. A reader of NAME finds either the old file or the new one, even if the writer is killed at any time. A killed
writer leaves its hidden file behind: `leftovers` finds such files, and the next writer of the same name removes them.
The writer holds a lock on its file (flock), which distinguishes a file being written from a leftover.
"""

from __future__ import annotations

import contextlib
import io
import os
import re
import secrets
import stat
from collections.abc import Iterator
from types import TracebackType
from typing import Any, BinaryIO

from velora.errors import InvalidArgument, MissingFile, VeloraError, WriteError

try:
    import fcntl
except ImportError:  # Windows: there another process cannot open a file that is being written
    fcntl = None  # type: ignore[assignment]

__all__ = [
    "PRIVATE",
    "PUBLIC",
    "WholeFile",
    "alone_in",
    "leftovers",
    "open_regular",
    "refuse_unless_regular",
    "sync_folder",
    "writing",
]

#: Mode of files with decisions, parameters or money: results and journals.
PRIVATE = 0o600
#: Mode of other files, less the umask.
PUBLIC = 0o666

_BUFFER = 1 << 20
_PARTIAL = re.compile(r"\.(?P<name>.+)\.[0-9a-f]{16}\.partial", re.DOTALL)
_KINDS = (
    (stat.S_ISLNK, "a link"),
    (stat.S_ISDIR, "a folder"),
    (stat.S_ISFIFO, "a pipe"),
    (stat.S_ISSOCK, "a socket"),
    (stat.S_ISCHR, "a device"),
    (stat.S_ISBLK, "a device"),
)


def partial_name(name: str) -> str:
    """A hidden name for a file that is being written."""
    return f".{name}.{secrets.token_hex(8)}.partial"


def is_partial(name: str) -> bool:
    """Whether a file name was made by `partial_name`."""
    return _PARTIAL.fullmatch(name) is not None


def refuse_unless_regular(path: str | os.PathLike[str]) -> None:
    """Raise if a path exists and is not a regular file.

    Raises
    ------
    InvalidArgument
        If the path is a link, a folder, a pipe, a socket or a device.
    """
    try:
        mode = os.lstat(path).st_mode
    except FileNotFoundError:
        return
    if not stat.S_ISREG(mode):
        what = next((word for matches, word in _KINDS if matches(mode)), "no file")
        raise InvalidArgument(f"cannot write {os.fspath(path)}: it is {what}; name a file")


def open_regular(path: str | os.PathLike[str]) -> BinaryIO:
    """Open a file for reading; a pipe or a device, which might never end, is refused without waiting.

    Raises
    ------
    MissingFile
        If the file does not exist.
    InvalidArgument
        If it is a pipe, a socket or a device.
    """
    try:
        # With O_NONBLOCK a pipe without a writer opens at once; for regular files the flag has no effect.
        handle = os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_CLOEXEC", 0))
    except (FileNotFoundError, NotADirectoryError):
        raise MissingFile(f"{os.fspath(path)} does not exist") from None
    except OSError as error:
        raise InvalidArgument(f"cannot open {os.fspath(path)}: {error.strerror}") from None
    mode = os.fstat(handle).st_mode
    if not stat.S_ISREG(mode):
        os.close(handle)
        what = next((word for matches, word in _KINDS if matches(mode)), "no file")
        if stat.S_ISDIR(mode):
            raise MissingFile(f"{os.fspath(path)} is {what}, not a file")
        raise InvalidArgument(f"cannot read {os.fspath(path)}: it is {what}; name a file")
    return open(handle, "rb")


@contextlib.contextmanager
def writing(path: str) -> Iterator[None]:
    """Convert an operating system error to a `WriteError` that names the file."""
    try:
        yield
    except OSError as error:
        if isinstance(error, VeloraError):
            raise
        failed = WriteError(f"cannot write {path}: {error.strerror or error}")
        failed.errno = error.errno
        raise failed from error


@contextlib.contextmanager
def alone_in(folder: str | os.PathLike[str]) -> Iterator[None]:
    """Lock a folder against other processes that call this.

    Raises
    ------
    WriteError
        If another process holds the lock.
    """
    if fcntl is None:
        yield
        return
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise WriteError(f"cannot write into {os.fspath(folder)}: another process is writing there") from None
        except OSError:
            pass  # a file system without locks
        yield
    finally:
        os.close(handle)


def sync_folder(folder: str) -> None:
    """Sync the entries of a folder to disk."""
    if os.name != "posix":
        return
    handle = os.open(folder or ".", os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def leftovers(folder: str | os.PathLike[str], name: str | None = None) -> list[str]:
    """Paths of hidden files that killed writers have left in a folder, sorted.

    Parameters
    ----------
    folder : path
    name : str, optional
        Only leftovers of this file name.
    """
    found = []
    try:
        names = os.listdir(folder)
    except (FileNotFoundError, NotADirectoryError):
        return []
    for one in names:
        matched = _PARTIAL.fullmatch(one)
        if matched is not None and (name is None or matched["name"] == name):
            path = os.path.join(folder, one)
            if not _is_being_written(path):
                found.append(path)
    return sorted(found)


def _is_being_written(path: str) -> bool:
    if fcntl is None:
        return False
    try:
        handle = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError:
        return True  # already removed, or not a leftover
    try:
        if not stat.S_ISREG(os.fstat(handle).st_mode):
            return True
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return True
    finally:
        os.close(handle)
    return False


class WholeFile:
    """A file that appears only when complete; use it as a context manager, or end it with `commit` or `discard`.

    It has the methods of a binary file that writers of formats need: `write`, `flush`, `tell`, `close`, `closed`.
    `close` does not commit.

    Parameters
    ----------
    path : path
        Destination; an existing file stays until `commit`.
    mode : int
        Mode of the file: `PUBLIC`, less the umask, or `PRIVATE`.
    fs : fsspec file system, optional
        File system of `path`; the local one if not given.
    digest : hashlib object, optional
        Updated with all bytes.

    Attributes
    ----------
    path : str
        Final path; may be changed within the same folder until `commit`.
    is_committed : bool
        Whether the file is at its path, even if `commit` failed to sync the folder afterwards.

    Raises
    ------
    InvalidArgument
        If the path exists and is not a regular file.
    MissingFile
        If the folder does not exist.
    WriteError
        If the file cannot be created; `write`, `finish` and `commit` raise it too.
    """

    def __init__(self, path: str | os.PathLike[str], *, mode: int = PUBLIC, fs: Any = None, digest: Any = None) -> None:
        self.path = os.fspath(path)
        self._digest = digest
        self._fs = fs
        self._folder, _, name = self.path.rpartition("/") if fs is not None else ("", "", "")
        self._out: Any = None
        self._is_open = False
        self._position = 0
        self.is_committed = False
        if fs is not None:
            self._partial = f"{self._folder}/{partial_name(name)}"
            self._out = fs.open(self._partial, "wb")
            self._is_open = True
            return
        self._folder, name = os.path.split(self.path)
        refuse_unless_regular(self.path)
        for path_left in leftovers(self._folder or ".", name):
            os.unlink(path_left)
        self._partial = os.path.join(self._folder, partial_name(name))
        flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_CLOEXEC", 0)
        try:
            handle = os.open(self._partial, flags, mode)
        except (FileNotFoundError, NotADirectoryError):
            raise MissingFile(f"cannot write {self.path}: the folder {self._folder} does not exist") from None
        except OSError as error:
            raise WriteError(f"cannot write {self.path}: {error.strerror}") from error
        try:
            if fcntl is not None:
                fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            self._out = io.BufferedWriter(io.FileIO(handle, "w"), _BUFFER)
        except BaseException:
            os.close(handle)
            os.unlink(self._partial)
            raise
        self._is_open = True

    # ------------------------------------------------------------------ methods of a binary file

    def write(self, data: Any) -> int:
        """Append bytes."""
        size = memoryview(data).nbytes
        if self._is_open:
            with writing(self.path):
                self._append(data)
            if self._digest is not None:
                self._digest.update(data)
        # A format's writer may still write after `discard`, when the file no longer exists.
        self._position += size
        return size

    def _append(self, data: Any) -> None:
        self._out.write(data)

    def flush(self) -> None:
        """Pass the buffered bytes to the operating system."""
        if self._is_open:
            self._out.flush()

    def tell(self) -> int:
        """Bytes written so far."""
        return self._position

    def close(self) -> None:
        """Do nothing: `commit` and `discard` end the file."""

    def readable(self) -> bool:
        """False."""
        return False

    def writable(self) -> bool:
        """True."""
        return True

    def seekable(self) -> bool:
        """False."""
        return False

    @property
    def closed(self) -> bool:
        """Whether the file was committed or discarded."""
        return not self._is_open

    # ------------------------------------------------------------------ commit and discard

    def finish(self, *, release: bool = False) -> None:
        """Sync all bytes to disk under the hidden name, so that only the rename is left.

        Parameters
        ----------
        release : bool
            Whether to close the file's descriptor, which also releases the lock. For a large number of files that are
            renamed together: a process may have a thousand descriptors. Until the rename such a file looks like a
            leftover.
        """
        with writing(self.path):
            if self._fs is None:
                self._out.flush()
                os.fsync(self._out.fileno())
                if release:
                    self._out.close()
            else:
                self._out.close()

    def commit(self, *, is_finished: bool = False) -> None:
        """Write and sync the file, and rename it over an existing one.

        Parameters
        ----------
        is_finished : bool
            Whether `finish` was called.
        """
        if not self._is_open:
            return
        try:
            if not is_finished:
                self.finish()
            with writing(self.path):
                if self._fs is None:
                    refuse_unless_regular(self.path)
                    os.replace(self._partial, self.path)
                else:
                    self._fs.mv(self._partial, self.path)
        except BaseException:
            self.discard()
            raise
        self._is_open = False
        self.is_committed = True
        if self._fs is None:
            self._out.close()
            with writing(self.path):
                sync_folder(self._folder)

    def discard(self) -> None:
        """Remove the written bytes; an existing file at the path is unchanged."""
        if not self._is_open:
            return
        self._is_open = False
        if self._fs is None:
            self._out.raw.close()  # without its buffered bytes, for which the disk may have no space
            with contextlib.suppress(FileNotFoundError):
                os.unlink(self._partial)
            return
        try:
            self._out.close()
        finally:
            if self._fs.exists(self._partial):
                self._fs.rm(self._partial)

    def __enter__(self) -> WholeFile:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if kind is None:
            self.commit()
        else:
            self.discard()

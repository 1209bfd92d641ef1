"""Calls of one operating system and instructions of one processor stand in csrc/src/platform.c alone."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
_C_ONLY_THERE = re.compile(
    r"#\s*include\s*<(?:sys/|linux/|unistd|fcntl|pthread|sched|signal|arm_|\w*intrin|cpuid)"
    r"|(?<![.\w])(?:mmap|madvise|memfd_create|eventfd|timerfd_\w+|epoll_\w+|posix_f\w+|fallocate|sched_\w+|pthread_\w+)\s*\("
    r"|__builtin_(?:cpu_|ia32_)|__linux__|__APPLE__|_WIN32|__x86_64__|__aarch64__|__attribute__\(\(target|\b_mm\d*_\w+"
)
# Names of `os`, `signal` and others that Linux has and macOS lacks, and paths of Linux.
_PYTHON_NOWHERE = re.compile(
    r"\bos\.(?:sched_\w+|memfd_create|eventfd\w*|posix_fallocate|posix_fadvise|O_TMPFILE|O_DIRECT\b|O_PATH|splice"
    r"|copy_file_range|pipe2|timerfd_\w+|preadv2|pwritev2|setns|unshare|getrandom|listxattr|setxattr)"
    r"|\b(?:select\.epoll|signal\.(?:SIGPWR|SIGSTKFLT|SIGRT\w*|sigtimedwait)|socket\.(?:AF_PACKET|AF_NETLINK|AF_ALG))\b"
    r"|[\"']/(?:proc|sys)/"
)
_COMMENT = re.compile(r"/\*[\s\S]*?\*/|//[^\n]*")


def found(pattern: re.Pattern[str], text: str) -> list[str]:
    return [match[0] for match in pattern.finditer(text)]


@pytest.mark.parametrize(
    "line", ["#include <sys/mman.h>", "if (__builtin_cpu_supports(x))", "wide = _mm_crc32_u64(a, b);"]
)
def test_the_search_finds_what_belongs_in_platform_c(line: str) -> None:
    assert found(_C_ONLY_THERE, line)


@pytest.mark.parametrize("line", ["os.posix_fallocate(f, 0, 9)", "open('/proc/self/status')", "select.epoll()"])
def test_the_search_finds_calls_of_linux_in_python(line: str) -> None:
    assert found(_PYTHON_NOWHERE, line)


def test_no_c_file_but_platform_c_depends_on_the_machine() -> None:
    files = [
        *(ROOT / "csrc/include").rglob("*.h"),
        *(ROOT / "csrc/src").rglob("*.[ch]"),
        *(ROOT / "velora").rglob("*.p[yx]*"),
    ]
    wrong = {
        str(path.relative_to(ROOT)): names
        for path in files
        if path.name != "platform.c"
        and path.suffix in (".c", ".h", ".pyx", ".pxd")
        and (names := found(_C_ONLY_THERE, _COMMENT.sub("", path.read_text())))
    }
    assert not wrong
    assert found(_C_ONLY_THERE, (ROOT / "csrc/src/platform.c").read_text())


def without_guarded(text: str) -> str:
    """The lines but those that ask whether the machine has the function."""
    return "\n".join(line for line in text.splitlines() if "hasattr(os, " not in line)


def test_no_python_file_calls_linux_alone() -> None:
    files = [path for path in (ROOT / "velora").rglob("*.py*") if path.suffix in (".py", ".pyx")]
    assert not {
        str(path.relative_to(ROOT)): names
        for path in files
        if (names := found(_PYTHON_NOWHERE, without_guarded(path.read_text())))
    }

"""The files of the package import one another one way, and none has grown past what a reader holds in mind."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

#: Lines; a file with more says at its top why.
LINES_MAX = 900
_CIMPORT = re.compile(
    r"^\s*from\s+(velora[\w.]*)\s+(?:c?import)\s+(\([^)]*\)|[^\n]*)|^\s*c?import\s+(velora[\w.]+)", re.MULTILINE
)
_TYPES_ONLY = re.compile(r"^( *)if TYPE_CHECKING:\n(?:\1 +.*\n|\s*\n)+", re.MULTILINE)
_WHY = re.compile(r"\bmore than 900 lines\b")


def module_of(path: Path, root: Path) -> str:
    name = ".".join(path.relative_to(root).with_suffix("").parts)
    return name.removesuffix(".__init__")


def modules(root: Path) -> dict[str, list[Path]]:
    """The files of each module: a .py, or a .pyx and its .pxd."""
    found: dict[str, list[Path]] = {}
    for path in sorted((root / "velora").rglob("*")):
        if path.suffix in (".py", ".pyx", ".pxd") and not (path.stem == "__init__" and path.suffix == ".pxd"):
            found.setdefault(module_of(path, root), []).append(path)
    return found


def imports_of_python(text: str) -> set[tuple[str, str | None]]:
    """What a file imports, also within functions: (module, name); not what only type checkers read."""
    found: set[tuple[str, str | None]] = set()

    def visit(node: ast.AST) -> None:
        if isinstance(node, ast.If) and isinstance(node.test, ast.Name) and node.test.id == "TYPE_CHECKING":
            for one in node.orelse:
                visit(one)
            return
        if isinstance(node, ast.Import):
            found.update((one.name, None) for one in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            found.update((node.module, one.name) for one in node.names)
        for one in ast.iter_child_nodes(node):
            visit(one)

    visit(ast.parse(text))
    return found


def imports_of_cython(text: str) -> set[tuple[str, str | None]]:
    """The same of a .pyx or .pxd, by its lines: imports and cimports."""
    text = _TYPES_ONLY.sub("", re.sub(r'"""[\s\S]*?"""', "", re.sub(r"#.*", "", text)))
    found: set[tuple[str, str | None]] = set()
    for module, names, plain in _CIMPORT.findall(text):
        if plain:
            found.add((plain, None))
        for name in re.findall(r"(\w+)(?:\s+as\s+\w+)?\s*(?:,|\)|$)", names.strip("() \n")):
            found.add((module, name))
    return found


def graph(root: Path) -> dict[str, set[str]]:
    """Which modules each module imports."""
    found: dict[str, set[str]] = {}
    known = modules(root)
    for name, paths in known.items():
        edges = found.setdefault(name, set())
        for path in paths:
            read = imports_of_python if path.suffix == ".py" else imports_of_cython
            for module, imported in read(path.read_text()):
                # `from package import module` names the module; `from module import name` the module itself.
                inner = f"{module}.{imported}"
                target = inner if inner in known else module
                if target in known and target != name:
                    edges.add(target)
    return found


def circles(edges: dict[str, set[str]]) -> list[list[str]]:
    """Groups of modules that reach one another (Tarjan's strongly connected components of two or more)."""
    index: dict[str, int] = {}
    low: dict[str, int] = {}
    stack: list[str] = []
    found: list[list[str]] = []

    def visit(name: str) -> None:
        index[name] = low[name] = len(index)
        stack.append(name)
        for other in sorted(edges[name]):
            if other not in index:
                visit(other)
                low[name] = min(low[name], low[other])
            elif other in stack:
                low[name] = min(low[name], index[other])
        if low[name] == index[name]:
            at = stack.index(name)
            if len(stack) - at > 1:
                found.append(sorted(stack[at:]))
            del stack[at:]

    for name in sorted(edges):
        if name not in index:
            visit(name)
    return sorted(found)


def test_no_file_of_the_package_imports_in_a_circle(repository):
    assert circles(graph(repository)) == []


def test_a_circle_is_found_also_within_functions_and_through_cimports(tmp_path):
    (tmp_path / "velora").mkdir()
    (tmp_path / "velora" / "__init__.py").write_text("")
    (tmp_path / "velora" / "one.py").write_text("def f():\n    from velora.two import x\n")
    (tmp_path / "velora" / "two.pyx").write_text("from velora.three cimport (\n    a,\n    b,\n)\n")
    (tmp_path / "velora" / "three.pxd").write_text("from velora import one\n")
    (tmp_path / "velora" / "four.py").write_text(
        "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    from velora.five import y\n"
    )
    (tmp_path / "velora" / "five.py").write_text("import velora.four\n")
    assert circles(graph(tmp_path)) == [["velora.one", "velora.three", "velora.two"]]


def written_by_hand(root: Path) -> list[Path]:
    folders = ("velora", "csrc", "tests", "perf_tests", "examples", "docs", ".ci")
    kinds = {".py", ".pyx", ".pxd", ".pyi", ".c", ".h", ".md"}
    found = [path for folder in folders for path in (root / folder).rglob("*") if path.suffix in kinds]
    return [path for path in found if "build" not in path.relative_to(root).parts]


def test_a_file_of_more_than_900_lines_says_why(repository):
    long = []
    for path in written_by_hand(repository):
        lines = path.read_text().splitlines()
        if len(lines) > LINES_MAX and not _WHY.search(" ".join(lines[:20])):
            long.append(path.relative_to(repository).as_posix())
    assert not long


@pytest.mark.parametrize("suffix", [".py", ".pyx", ".c", ".h"])
def test_there_is_something_to_look_at(repository, suffix):
    assert any(path.suffix == suffix for path in written_by_hand(repository))

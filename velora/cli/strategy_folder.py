"""Import of strategy files and of the modules beside them, each folder with modules of its own.

Strategies of several folders may run in one process, and their folders may hold modules of the same name. An import
statement of a module in a strategy's folder therefore finds that folder's modules first, also a statement inside a
hook, which runs long after the file was loaded. `importlib.import_module` is not covered: it finds the modules of the
folder that was loaded first.
"""

from __future__ import annotations

import builtins
import importlib
import importlib.util
import sys
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from importlib.machinery import ModuleSpec, PathFinder, SourceFileLoader
from pathlib import Path
from types import ModuleType
from typing import Any

__all__ = ["StrategyFolder"]


class StrategyFolder:
    """A folder whose Python modules see each other, and no modules of another strategy's folder.

    Parameters
    ----------
    path : path
        A relative path is relative to the working directory.
    """

    _all: dict[Path, StrategyFolder] = {}  # noqa: RUF012
    #: Folders by the name of the module that `sys.modules` now holds for them.
    _owners: dict[str, StrategyFolder] = {}  # noqa: RUF012
    #: Folders that stay on `sys.path` after they were loaded.
    _on_path: list[str] = []  # noqa: RUF012
    _lock = threading.RLock()

    def __new__(cls, path: Path) -> StrategyFolder:
        resolved = path.resolve()
        if resolved not in cls._all:
            cls._all[resolved] = made = super().__new__(cls)
            made._begin(resolved)
        return cls._all[resolved]

    def _begin(self, path: Path) -> None:
        self.path = path
        self._modules: dict[str, ModuleType] = {}
        self._files: dict[Path, tuple[tuple[int, int], ModuleType]] = {}
        self._finder = _Finder(self)
        self._depth = 0
        #: Builtins of the folder's modules, whose import statements look here first.
        self.builtins = {**vars(builtins), "__import__": self._import}

    def load(self, file: Path) -> ModuleType:
        """The module of a file of this folder; it is run once, and again when the file has changed."""
        status = file.stat()
        stamp = (status.st_mtime_ns, status.st_size)
        if file in self._files and self._files[file][0] == stamp:
            return self._files[file][1]
        spec = importlib.util.spec_from_file_location(file.stem, file, loader=_Loader(self, file.stem, str(file)))
        assert spec is not None
        assert spec.loader is not None
        module = importlib.util.module_from_spec(spec)
        with self._entered():
            before = sys.modules.get(file.stem)
            is_free = before is None or file.stem in self._modules
            if is_free:  # else it is a module of Python or of a package, which others need
                sys.modules[file.stem] = module
            try:
                spec.loader.exec_module(module)
            except BaseException:
                if is_free:
                    sys.modules.pop(file.stem, None)
                    if before is not None:
                        sys.modules[file.stem] = before
                raise
        self._files[file] = (stamp, module)
        return module

    def module(self, name: str) -> ModuleType:
        """A module of this folder, or an installed one."""
        with self._entered():
            return importlib.import_module(name)

    def _import(
        self,
        name: str,
        globals: dict[str, Any] | None = None,
        locals: dict[str, Any] | None = None,
        fromlist: Sequence[str] = (),
        level: int = 0,
    ) -> ModuleType:
        """`__import__` of the folder's modules."""
        package = str((globals or {}).get("__package__") or "") if level else name
        top = package.partition(".")[0]
        if top in sys.modules and self._owners.get(top, self) is self and name in sys.modules:
            return builtins.__import__(name, globals, locals, fromlist, level)
        with self._entered():
            return builtins.__import__(name, globals, locals, fromlist, level)

    @contextmanager
    def _entered(self) -> Iterator[None]:
        """Within it, `sys.modules` holds this folder's modules, and imports look in this folder first."""
        with self._lock:
            self._depth += 1
            if self._depth > 1:
                try:
                    yield
                finally:
                    self._depth -= 1
                return
            importlib.invalidate_caches()  # files may be newer than the directories that the finders have read
            displaced = {
                name: (sys.modules.pop(name), owner)
                for name, owner in list(self._owners.items())
                if owner is not self and name in sys.modules
            }
            sys.modules.update(self._modules)
            before = dict(sys.modules)
            sys.meta_path.insert(0, self._finder)
            sys.path[:] = [str(self.path), *(one for one in sys.path if one not in self._on_path)]
            try:
                yield
            finally:
                self._depth -= 1
                self._leave(before, displaced)

    def _leave(self, before: dict[str, ModuleType], displaced: dict[str, tuple[ModuleType, StrategyFolder]]) -> None:
        if self._finder in sys.meta_path:  # the file may have changed it, and the path
            sys.meta_path.remove(self._finder)
        with suppress(ValueError):
            sys.path.remove(str(self.path))
        if str(self.path) not in self._on_path and str(self.path) not in sys.path:
            self._on_path.append(str(self.path))
        sys.path.extend(self._on_path)  # last: for `importlib.import_module` in a hook
        for name, module in list(sys.modules.items()):
            if before.get(name) is not module and self._holds(module):
                self._modules[name] = module
        for name, module in self._modules.items():
            if name not in displaced and sys.modules.get(name) is module:
                self._owners[name] = self
        for name, (module, owner) in displaced.items():
            sys.modules[name] = module
            self._owners[name] = owner

    def _holds(self, module: Any) -> bool:
        """Whether a module comes from this folder and not from a virtual environment in it."""
        spec = getattr(module, "__spec__", None)
        file = getattr(module, "__file__", None) or getattr(spec, "origin", None)
        if not isinstance(file, str):
            return any(str(one) == str(self.path / module.__name__) for one in getattr(module, "__path__", ()))
        return self.holds_file(file)

    def holds_file(self, file: str) -> bool:
        """Whether a file lies in this folder, but not among the packages of a virtual environment."""
        path = Path(file)
        return path.is_relative_to(self.path) and not {"site-packages", "dist-packages"} & set(path.parts)


class _Finder:
    """Finds the modules of one folder."""

    def __init__(self, folder: StrategyFolder) -> None:
        self._folder = folder

    def find_spec(
        self, name: str, path: Sequence[str] | None = None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        spec = PathFinder.find_spec(name, [str(self._folder.path)] if path is None else path, target)
        if spec is None or (spec.origin is not None and not self._folder.holds_file(spec.origin)):
            return None
        if spec.origin is not None and type(spec.loader) is SourceFileLoader:
            spec.loader = _Loader(self._folder, name, spec.origin)
        return spec


class _Loader(SourceFileLoader):
    """Runs a module with the builtins of its folder."""

    def __init__(self, folder: StrategyFolder, name: str, path: str) -> None:
        super().__init__(name, path)
        self._folder = folder

    def exec_module(self, module: ModuleType) -> None:
        module.__dict__["__builtins__"] = self._folder.builtins
        super().exec_module(module)

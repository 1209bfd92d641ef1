"""What the fuzzers of importers share: a catalog in memory, and the options of an import."""

from __future__ import annotations

from fsspec.implementations.memory import MemoryFileSystem

import velora as vl
from velora.data.importers import detect_format, import_files


def import_all(folder, rng, format=None, suffixes=None, **options):
    """Import the files of a folder, told or named by format, into an empty catalog, and read it back."""
    MemoryFileSystem.store.clear()
    MemoryFileSystem.pseudo_dirs[:] = [""]
    catalog = vl.Catalog("memory://fuzz", create=True)
    paths = sorted(path for path in folder.iterdir() if suffixes is None or path.name.endswith(suffixes))
    chosen = format if format is not None and rng.random() < 0.9 else detect_format(paths)
    summary = import_files(paths, catalog, format=chosen, **options)
    summary.to_dict()
    for one in summary.instruments:
        if one.rows and rng.random() < 0.3:
            assert catalog.info(vl.Instrument.from_dict(one.instrument))["rows"] == one.rows
    return summary


def pick(rng, files, change):
    """Change one of the files."""
    name = rng.choice(list(files))
    return {**files, name: change(rng, files[name])}

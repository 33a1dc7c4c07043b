"""The list of threats that this product is built against: each has a test that names it, T1 to T36."""

from __future__ import annotations

import ast
import re
from pathlib import Path

from test_conventions import MODULES, ROOT, relative

from company.settings import Settings

THREATS = {f"T{number}" for number in range(1, 37)}
LOADERS = {"pickle", "marshal", "shelve", "dill", "cloudpickle", "joblib"}


def named_in(tests: Path) -> set[str]:
    """Threats that a docstring of a test names: of its module, its class or its function."""
    found: set[str] = set()
    for path in tests.rglob("*.py"):
        if path == Path(__file__):
            continue
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef):
                words = ast.get_docstring(node) or ""
                found |= set(re.findall(r"\bT\d{1,2}\b", words))
                for first, last in re.findall(r"\bT(\d{1,2}) to T(\d{1,2})\b", words):
                    found |= {f"T{number}" for number in range(int(first), int(last) + 1)}
    return found


def test_every_threat_has_a_test_that_names_it() -> None:
    """A threat that nobody tries is one that somebody else will try first."""
    assert sorted(THREATS - named_in(ROOT / "tests"), key=lambda name: int(name[1:])) == [
        "T33"  # below, in this file
    ]


def test_no_module_loads_what_runs_when_it_is_loaded() -> None:
    """Whoever can write into a folder of ours must not have code run by it (T33): JSON, Parquet and DuckDB only."""
    loading = [
        relative(path)
        for path in MODULES
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if (isinstance(node, ast.Import) and LOADERS & {name.name.partition(".")[0] for name in node.names})
        or (isinstance(node, ast.ImportFrom) and (node.module or "").partition(".")[0] in LOADERS)
    ]
    assert loading == []


def test_a_run_leaves_nothing_behind_that_runs_when_it_is_loaded(sample_company: Settings) -> None:
    """The orchestrator's own way to pass values between steps would be a pickle in the data folder (T33)."""
    files = [path for path in sample_company.folders.root.rglob("*") if path.is_file()]
    assert len(files) > 50
    pickles = [path.name for path in files if path.read_bytes()[:1] == b"\x80" and path.read_bytes()[-1:] == b"."]
    assert pickles == []

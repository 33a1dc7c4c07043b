"""A small company kept in a real Tryton on the tests' own PostgreSQL server, with the views of examples/tryton.

Tryton lives in an environment of its own, `make .tryton`; nothing of it is imported here.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from demo_company import ROOT
from postgresql_server import PostgresqlServer, programs

TRYTON = ROOT / ".tryton" / "bin"
INSTALL_LINE = "no Tryton: make .tryton"
DATABASE = "tryton"
_BOOKS = ROOT / "tests" / "tryton" / "keep_books.py"
_EXAMPLE = ROOT / "examples" / "tryton"
_PAGE = ROOT / "docs" / "sources" / "tryton.md"


def is_installed() -> bool:
    """Whether the environment was made."""
    return (TRYTON / "trytond-admin").is_file()


@dataclass(frozen=True, slots=True)
class TrytonCompany:
    """Where the company is kept, and what Tryton itself says of it."""

    server: PostgresqlServer
    said: Mapping[str, Any]

    @property
    def address(self) -> str:
        """As the user that the page tells to make, who may read the views and nothing else."""
        return self.server.address(DATABASE, user="plumbline", password="choose%20one")  # noqa: S106 - the page's


def kept_company(server: PostgresqlServer, work: Path) -> TrytonCompany:
    """Set Tryton up, keep the books in it, and follow docs/sources/tryton.md."""
    server.execute(f"create database {DATABASE}")
    (work / "password").write_text("of nobody's concern", encoding="utf-8")
    environ = os.environ | {
        "PGHOST": str(server.socket_folder),
        "PGUSER": "postgres",
        "TRYTOND_DATABASE_URI": "postgresql://postgres@/",
        "TRYTONPASSFILE": str(work / "password"),
    }

    def run(program: Path, *arguments: str, told: str | None = None) -> str:
        done = subprocess.run(
            [program, *arguments],
            check=False,
            env=environ,
            cwd=work,
            input=told,
            capture_output=True,
            text=True,
            timeout=600,
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    modules = ("account_invoice", "account_product")
    run(TRYTON / "trytond-admin", "-d", DATABASE, "-u", *modules, "--activate-dependencies", "--email", "a@example.com")
    said = json.loads(run(TRYTON / "python", str(_BOOKS), DATABASE))
    binaries = programs()
    assert binaries is not None
    strict = ("--quiet", "--set", "ON_ERROR_STOP=1", DATABASE)
    run(binaries / "psql", *strict, "--single-transaction", "--file", str(_EXAMPLE / "views.sql"))
    for grants in re.findall(r"```sql\n(.*?)```", _PAGE.read_text(encoding="utf-8").replace("\n   ", "\n"), re.DOTALL):
        run(binaries / "psql", *strict, told=grants)
    return TrytonCompany(server, said)

"""A PostgreSQL server of the tests' own: on a socket in a folder of its own, without durability, ended by its id.

Needs the programs of Debian's package, not its service. The server refuses to run as root; as root it is started as the
user that the package made.
"""

from __future__ import annotations

import os
import pwd
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import adbc_driver_postgresql.dbapi as adbc

INSTALL_LINE = "no PostgreSQL: apt-get install -y --no-install-recommends postgresql"


def programs() -> Path | None:
    """The folder of initdb and pg_ctl, the newest where several are installed; None where there is none."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda path: int(path.parts[-3]))
    if found:
        return found[-1].parent
    there = shutil.which("initdb")
    return Path(there).parent if there else None


@dataclass(frozen=True, slots=True)
class PostgresqlServer:
    """A running server. Everybody is trusted but `reader`, whose password is asked for."""

    socket_folder: Path

    def address(self, database: str = "postgres", *, user: str = "postgres", password: str | None = None) -> str:
        secret = f":{password}" if password is not None else ""
        return f"postgresql://{user}{secret}@/{database}?host={self.socket_folder}"

    def execute(self, *statements: str, database: str = "postgres") -> None:
        """Run statements as the owner of everything, each committed by itself."""
        with adbc.connect(self.address(database), autocommit=True) as connection, connection.cursor() as cursor:
            for statement in statements:
                cursor.execute(statement)


@contextmanager
def running_server() -> Iterator[PostgresqlServer]:
    """Start a server and end it. Call it only where `programs` finds some."""
    binaries = programs()
    assert binaries is not None, INSTALL_LINE
    # Not pytest's own folder: it is closed to the user that the server runs as.
    root = Path(tempfile.mkdtemp(prefix="plumbline-postgresql-"))
    owner: dict[str, int] = {}
    if os.geteuid() == 0:
        user = pwd.getpwnam("postgres")
        os.chown(root, user.pw_uid, user.pw_gid)
        owner = {"user": user.pw_uid, "group": user.pw_gid}
    data = root / "data"

    def run(program: str, *arguments: str) -> None:
        subprocess.run(
            [binaries / program, *arguments], check=True, cwd=root, stdout=subprocess.DEVNULL, **owner, timeout=120
        )

    try:
        run("initdb", "-D", str(data), "-U", "postgres", "-A", "trust", "-E", "UTF8", "--no-locale", "--no-sync")
        access = "local all reader scram-sha-256\nlocal all all trust\n"
        (data / "pg_hba.conf").write_text(access, encoding="utf-8")
        options = (
            f"-c listen_addresses='' -c unix_socket_directories={root} -c fsync=off -c full_page_writes=off "
            "-c shared_buffers=16MB -c max_connections=20 -c timezone=America/New_York -c datestyle=German"
        )
        run("pg_ctl", "-D", str(data), "-l", str(root / "log"), "-o", options, "-w", "start")
        try:
            yield PostgresqlServer(root)
        finally:
            run("pg_ctl", "-D", str(data), "-m", "immediate", "-w", "stop")
    finally:
        shutil.rmtree(root, ignore_errors=True)

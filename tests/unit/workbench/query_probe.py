"""Run many texts on one connection that is locked as a query's process locks it, and tell what each gave.

`judged` false leaves the look at the text out: what then still holds are the walls of the process itself.
Called as a process of its own, because those walls cannot be taken down again: request on standard input, JSON back.
"""

import json
import os
import sys
from typing import Any

import duckdb

from dashboards.workbench import child
from dashboards.workbench.errors import QueryError
from dashboards.workbench.statement import one_select


def main() -> None:
    request = json.loads(sys.stdin.read())
    child.limit_process(request)
    connection = child.open_published(request)
    macros, views = child.catalog(connection)
    outcomes = []
    for sql in request["texts"]:
        asked: Any = sql
        try:
            if request["judged"]:
                asked = one_select(connection, sql, macros=macros, server_views=views)
            relation = connection.sql(asked)
            # As text: a moment with a zone would need a module, and no file can be opened any more.
            found = relation.project("cast(columns(*) as varchar)").limit(1000).fetchall() if relation else None
            outcomes.append(["answered", str(found)])
        except QueryError as error:
            outcomes.append(["refused", str(error)])
        except duckdb.Error as error:
            outcomes.append(["failed", str(error)])
            try:
                connection.execute("rollback")
            except duckdb.Error:  # most failures leave no transaction
                outcomes[-1].append("no transaction")
    outcomes.append(["environment", json.dumps(dict(os.environ))])
    sys.stdout.write(json.dumps(outcomes))
    sys.stdout.flush()
    os._exit(0)


if __name__ == "__main__":
    main()

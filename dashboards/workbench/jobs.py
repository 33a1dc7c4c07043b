"""A query that runs beside the page, so that the reader can go on and can take it back.

Knows threads. Knows neither pages nor SQL.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

from dashboards.workbench.query import QueryResult


class Job:
    """One running query. `result` or `error` is set once `is_done`; nothing of either is shared with another job."""

    def __init__(self, work: Callable[[threading.Event], QueryResult], failures: tuple[type[Exception], ...]) -> None:
        self._cancel = threading.Event()
        self._began = time.monotonic()
        self.result: QueryResult | None = None
        self.error: Exception | None = None
        self._thread = threading.Thread(target=self._run, args=(work, failures), name="query", daemon=True)
        self._thread.start()

    def _run(self, work: Callable[[threading.Event], QueryResult], failures: tuple[type[Exception], ...]) -> None:
        try:
            self.result = work(self._cancel)
        except failures as error:
            self.error = error
        except BaseException:
            self.error = RuntimeError("The query ended in a fault of the program; the server's log has it.")
            raise

    @property
    def is_done(self) -> bool:
        return not self._thread.is_alive()

    @property
    def seconds(self) -> float:
        """How long it has been running."""
        return time.monotonic() - self._began

    def wait(self, seconds: float) -> bool:
        """Wait a little for a quick answer; whether it came."""
        self._thread.join(seconds)
        return self.is_done

    def cancel(self) -> None:
        """Take the question back; its process is gone within a twentieth of a second."""
        self._cancel.set()

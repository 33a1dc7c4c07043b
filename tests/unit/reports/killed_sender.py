"""A process that mails many recipients and kills itself at the n-th time it comes to one step. Started by a test.

Arguments: data folder, server port, recipients, step (such as `before begin`), n; n = 0 never dies.
"""

from __future__ import annotations

import os
import signal
import sys
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from company.mailing import Mail
from company.settings import Company, Settings
from dashboards.reports.desk import Desk
from dashboards.reports.transport import SmtpServer

STEPS = ("plan", "render", "claim", "begin", "note_final_dot", "finish")


class DeadlyStore:
    """A store that ends the process, as a power cut does, before or after the n-th call of one method."""

    def __init__(self, store: Any, step: str, number: int) -> None:
        self._store, self._left = store, number
        self._moment, self._step = step.split(" ")

    def __getattr__(self, name: str) -> Any:
        method = getattr(self._store, name)
        if name != self._step:
            return method

        def call(*values: Any, **named: Any) -> Any:
            self._left -= 1
            if self._left == 0 and self._moment == "before":
                os.kill(os.getpid(), signal.SIGKILL)
            result = method(*values, **named)
            if self._left == 0:
                os.kill(os.getpid(), signal.SIGKILL)
            return result

        return call


def main(arguments: list[str]) -> None:
    data, port, recipients, step, number, now = arguments
    mail = Mail(host="127.0.0.1", port=int(port), security="none", sender="Plumbline <reports@example.com>")
    settings = Settings(company=Company(name="Acme"), data=Path(data), mail=mail)
    at = datetime.fromisoformat(now)
    desk = Desk(settings, lambda: at, SmtpServer(mail, timeout=10), lambda _seconds: None)
    desk.store = DeadlyStore(desk.store, step, int(number))  # type: ignore[assignment]
    for place in range(int(recipients)):
        desk.notice(
            report="weekly", period="2026-W27", recipient=f"r{place}@x.io", subject="Week 27", text="numbers: 1"
        )


def later(moment: datetime) -> datetime:
    """When every claim of a dead process may be taken over."""
    return moment + timedelta(minutes=11)


if __name__ == "__main__":
    main(sys.argv[1:])

"""Pages under test: the entry script in process, and a real server with a real browser."""

from __future__ import annotations

import os
import socket
import subprocess
import time
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from demo_company import CHROMIUM, ROOT
from playwright.sync_api import Browser, sync_playwright
from readings import reading_of
from streamlit.testing.v1 import AppTest

from company.settings import Settings
from dashboards.app import serve_command
from dashboards.reading import Reading

FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
         "--disable-component-update", "--disable-sync"]  # fmt: skip


OpenPage = Callable[..., AppTest]


@pytest.fixture(scope="session")
def reading(sample_company: Settings) -> Reading:
    """A reading of the published sample company: twelve months against the year before, no filters."""
    return reading_of(sample_company)


@pytest.fixture
def page_of(monkeypatch: pytest.MonkeyPatch) -> OpenPage:
    """Runs one page alone for a company."""

    def run(settings: Settings, page: str, **parameters: str) -> AppTest:
        monkeypatch.setenv("PLUMBLINE_CONFIG", str(settings.file))
        monkeypatch.setenv("PLUMBLINE_DATA", str(settings.folders.root))
        test = AppTest.from_string(
            f"import dashboards.entry as entry\n"
            f"parts = dict(entry.PAGES)\n"
            f"entry.PAGES = {{'{page}': parts['{page}']}}\n"
            f"try:\n    entry.main()\nfinally:\n    entry.PAGES = parts\n",
            default_timeout=60,
        )
        for name, value in parameters.items():
            test.query_params[name] = value
        return test.run()

    return run


class Server:
    """A running server of the pages of one company."""

    def __init__(self, settings: Settings, port: int, log: Path) -> None:
        self.url = f"http://127.0.0.1:{port}"
        environment = {
            **os.environ,
            "PLUMBLINE_CONFIG": str(settings.file),
            "PLUMBLINE_DATA": str(settings.folders.root),
        }
        with log.open("wb") as output:
            self.process = subprocess.Popen(
                serve_command(port=port), cwd=ROOT, env=environment, stdout=output, stderr=output
            )

    def wait(self, *, seconds: float = 60) -> None:
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            try:
                with urllib.request.urlopen(f"{self.url}/_stcore/health", timeout=2) as answer:  # noqa: S310
                    if answer.status == 200:
                        return
            except OSError:
                time.sleep(0.2)
        raise AssertionError("the server of the pages did not start")

    def stop(self) -> None:
        self.process.terminate()
        self.process.wait(timeout=20)


@pytest.fixture(scope="session")
def server(sample_company: Settings, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """The pages of the sample company on the loopback address."""
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        port = int(unused.getsockname()[1])
    running = Server(sample_company, port, tmp_path_factory.mktemp("server") / "log.txt")
    try:
        running.wait()
        yield running
    finally:
        running.stop()


@pytest.fixture(scope="session")
def browser(server: Server) -> Iterator[Browser]:
    """The system's Chromium. After the server: once Playwright has its event loop, no run can start one here."""
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield chromium
        chromium.close()

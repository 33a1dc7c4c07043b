"""The process of one measured task: reads which one from standard input, runs it, writes what it took."""

from __future__ import annotations

import importlib
import json
import sys
from pathlib import Path

from benchmarks.measuring import Stopwatch


def main() -> None:
    """A task is a function of a stopwatch and its arguments that gives the facts it counted, or None."""
    request = json.loads(sys.stdin.read())
    module, _, name = request["task"].partition(":")
    task = getattr(importlib.import_module(f"benchmarks.{module}"), name)
    watch = Stopwatch()
    facts = task(watch, **request["arguments"]) or {}
    answer = {
        "cpu_seconds": watch.cpu_seconds,
        "seconds": watch.seconds,
        "facts": facts,
        "peak_bytes": watch.peak_bytes,
    }
    Path(request["answer"]).write_text(json.dumps(answer), encoding="utf-8")


if __name__ == "__main__":
    main()

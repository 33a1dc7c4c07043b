"""Stands in for dbt's own macros while sqlfluff renders: a call becomes a call of a SQL function of that name."""

from collections.abc import Callable


def __getattr__(name: str) -> Callable[..., str]:
    return lambda *arguments: f"{name}({', '.join(map(str, arguments))})"

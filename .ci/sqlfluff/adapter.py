"""Stands in for dbt's adapter while sqlfluff renders: a dispatched macro becomes a SQL function of its name."""

from collections.abc import Callable


def dispatch(name: str, package: str | None = None) -> Callable[..., str]:
    """A call of `name` with its arguments; the package does not matter to a linter."""
    del package
    return lambda *arguments: f"{name}({', '.join(map(str, arguments))})"


def quote(name: str) -> str:
    """The name in double quotes."""
    return f'"{name}"'

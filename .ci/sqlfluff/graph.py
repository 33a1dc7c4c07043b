"""Stands in for dbt's graph while sqlfluff renders: it has no nodes."""

nodes: dict[str, object] = {}

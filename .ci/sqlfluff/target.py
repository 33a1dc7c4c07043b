"""Stands in for dbt's target while sqlfluff renders."""

database = "build"

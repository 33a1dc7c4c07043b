"""From a built pair of databases to a published version: the run's steps, checks, profiles, history, pointer, backup.

Knows files, DuckDB and the warehouse's values; knows nothing of Dagster and draws nothing.
"""

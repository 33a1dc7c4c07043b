"""Source systems: what a file, a database or an API holds, as DuckDB relations or Arrow batches of text and types.

Belongs here: finding and opening what a source delivers, and the mapping that says which of it feeds which entity.
Does not: where anything is kept (landing) and what a number means to the business (models).
"""

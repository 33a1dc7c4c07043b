"""The build: landed batches into raw tables, dbt over them, the catalogue of metrics.

Belongs here: the pair of databases of a run. Does not: what is landed (landing), what is published (publish).
"""

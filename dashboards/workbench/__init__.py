"""Analysts' SQL on a published version. One query, one process that can be killed, one result.

The door is `query.run_query`. Pages that show a result belong to `dashboards.views`, audit records to
`dashboards.reports.store`.
"""

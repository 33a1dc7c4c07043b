"""Alerts: rules judged on one reading (`rules`), what that makes of a state (`states`), states kept (`state_store`).

Who is told, and how, is in `dashboards.reports.alerting`.
"""

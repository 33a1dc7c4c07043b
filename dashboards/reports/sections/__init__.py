"""The kinds of sections that reports are made of: a module per subject, a function per kind."""

from dashboards.reports.sections import cash, customers, finance, performance, sales, trust
from dashboards.reports.sections.registry import KINDS, Brief, Kind

__all__ = ["KINDS", "Brief", "Kind", "cash", "customers", "finance", "performance", "sales", "trust"]

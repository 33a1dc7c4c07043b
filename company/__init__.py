"""What the writing half and the reading half must agree on: settings, roles, calendar, locale, folders, versions.

Nothing here reads the warehouse, starts a run or draws a page, and nothing of ours is imported from elsewhere.
"""

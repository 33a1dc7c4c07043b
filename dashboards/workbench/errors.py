"""Why a query gave no result, in an analyst's words. Whatever is raised here, the published data is untouched."""

from __future__ import annotations


class QueryError(Exception):
    """A query gave no result. Queries only read: nothing was changed, and the next one starts afresh."""


class QueryRefusedError(QueryError):
    """The text asks for something other than reading published tables. It was not run."""


class QueryFailedError(QueryError):
    """The SQL is wrong: its grammar, a name, a type or a value. The text says where."""


class QueryLimitError(QueryError):
    """The query met its limit of time, memory or size and was stopped."""


class QueryQueueError(QueryError):
    """No place became free in time. The query was not run."""


class QueryCancelledError(QueryError):
    """The person who asked took the question back."""


class QueryDataError(QueryError):
    """There is no published file to read for this person, or it cannot be read."""

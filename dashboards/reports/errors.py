"""What a report ends in when it cannot be made, in words for the person who asked for it."""


class ReportError(Exception):
    """A report cannot be composed. Nothing was sent."""


class HeldError(ReportError):
    """The report must wait: its inputs failed or are stale. The text says why."""

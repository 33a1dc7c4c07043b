"""The errors of `company`, in a reader's words. No other package adds to this tree; each has its own."""


class CompanyError(Exception):
    """Something that both halves rely on is wrong. Nothing has been read or written."""


class SettingsError(CompanyError):
    """plumbline.yaml (or the environment it refers to) is wrong. One line per fault; nothing was started."""


class AccessError(CompanyError):
    """A person is unknown or may not see what was asked. Nothing was shown."""


class VersionError(CompanyError):
    """A published version, its manifest or a run record is missing or cannot be read."""


class MatchDecisionError(CompanyError):
    """A decision on company records was not taken down. Those taken before stand; none of its file was taken."""

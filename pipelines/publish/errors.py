"""The errors of running and publishing. After each of them readers have the version they had before."""


class PublishError(Exception):
    """No new version; readers keep the previous one."""


class LockedError(PublishError):
    """Another process is writing in this data folder. Nothing was done."""


class NothingReadError(PublishError):
    """No source has ever been read: an empty version would look like a company without sales."""


class ChecksFailedError(PublishError):
    """A blocking check failed. The run's record holds the check and a few of the rows it failed on."""


class DiskSpaceError(PublishError):
    """Too little room for a run. Nothing was started."""


class VersionFileError(PublishError):
    """A published file is missing or is not what its manifest says."""


class BackupError(PublishError):
    """A backup could not be written or put back. Nothing was replaced."""


class ScenarioError(PublishError):
    """A scenario cannot be used; the message names its edit and what is allowed. Those kept are what they were."""


class PeriodLockError(PublishError):
    """A period could not be locked or unlocked. Its state is what it was."""

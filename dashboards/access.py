"""Who is looking, and therefore which file and which pages. The rules themselves are in `company.roles`."""

from __future__ import annotations

from company.roles import DOMAINS, Access, Grant
from company.settings import Settings

LOCAL_READER = "local"


def reader_access(settings: Settings) -> Access:
    """The access of a person at this machine: everything, because the server listens on the loopback address only.

    A server that others can reach must sign people in first; until then `plumbline serve` binds to no other address.
    """
    return Access(
        email=LOCAL_READER,
        name=settings.company.name,
        roles=(),
        pages="all",
        grants=(Grant(domains=DOMAINS),),
        export=True,
    )

"""Who is looking, and therefore which file and which pages. The rules themselves are in `company.roles`.

With `sign_in` in plumbline.yaml a reader is whoever the session cookie names, looked up again at every run of the
script: a session that has ended, or a role that was taken away, is gone at the next click. Without it the server
answers this machine only (`gate`), and its reader sees everything.
"""

from __future__ import annotations

from datetime import UTC, datetime

import streamlit as st
from streamlit.runtime.scriptrunner import get_script_run_ctx

from company.errors import AccessError
from company.roles import DOMAINS, Access, Grant, resolve
from company.settings import Settings
from dashboards.access.sessions import COOKIE, Sessions

LOCAL_READER = "local"
VIEW_AS = "view_as"


def presented_cookie() -> str:
    """The session cookie of the reader whose script runs; empty where there is none."""
    return str(st.context.cookies.get(COOKIE, ""))


def own_access(settings: Settings) -> Access:
    """The access of the person who is signed in, or of whoever sits at this machine.

    Raises AccessError where sign-in is asked for and the session is over, or plumbline.yaml no longer lists the person.
    """
    if settings.sign_in is None or get_script_run_ctx() is None:
        return local_access(settings)
    session = Sessions(settings.folders, settings.sign_in).find(presented_cookie(), now=datetime.now(UTC))
    if session is None:
        raise AccessError("You are signed out. Load the page again to sign in.")
    return resolve(settings, session.email)


def reader_access(settings: Settings) -> Access:
    """What this reader sees: their own access, or for an administrator that of the person they look as.

    Who looks as somebody else may not export. Raises AccessError as `own_access` does.
    """
    own = own_access(settings)
    viewed = viewed_as(own)
    if viewed is None:
        return own
    return resolve(settings, viewed).model_copy(update={"export": False, "administer": False})


def viewed_as(own: Access) -> str | None:
    """The address of the person that an administrator looks as."""
    if not own.administer or get_script_run_ctx() is None:
        return None
    chosen = st.session_state.get(VIEW_AS)
    return str(chosen) if chosen else None


def local_access(settings: Settings) -> Access:
    """The access of a person at this machine: everything, because nobody else is answered."""
    return Access(
        email=LOCAL_READER,
        name=settings.company.name,
        roles=(),
        pages="all",
        grants=(Grant(domains=DOMAINS),),
        export=True,
        administer=True,
    )

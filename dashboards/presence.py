"""Who reads: the sidebar's line with name and way out, the notice of a view as somebody else, the record of each view.

Belongs here: what every page says about its reader. Does not: deciding what they may see (`access`).
"""

from __future__ import annotations

from datetime import UTC, datetime

import streamlit as st

from company.roles import Access
from company.settings import Settings
from dashboards.access import audit
from dashboards.access.viewer import VIEW_AS, viewed_as
from dashboards.layout import plain

_VIEWED = "viewed_page"


def show(settings: Settings, own: Access, access: Access, *, page: str, version: str) -> None:
    """Draw the reader's line and note the page, once per page and version: filters and clicks are not views.

    Raises AuditError where the view cannot be recorded.
    """
    viewed = viewed_as(own)
    if viewed is not None:
        st.warning(f"You see what {plain(access.name)} sees. Nothing can be exported.", icon=":material/visibility:")
        way_back()
    if settings.sign_in is not None:
        with st.sidebar:
            st.caption(plain(own.name))
            st.link_button("Sign out", "/logout", icon=":material/logout:", type="tertiary")
    seen = (page, version, viewed)
    if st.session_state.get(_VIEWED) != seen:
        st.session_state[_VIEWED] = seen
        detail = {"as": viewed} if viewed else {}
        event = audit.Event(datetime.now(UTC), own.email, "view", page, version=version, detail=detail)
        audit.record(settings.folders, event)


def way_back() -> None:
    """The way out of a view as somebody else, also where that person sees no page at all."""
    if st.session_state.get(VIEW_AS):
        st.button("Back to my own view", key="view_as_stop", icon=":material/undo:", on_click=_stop)


def look_as(settings: Settings, own: Access, email: str) -> None:
    """See the pages as another person does, from the next run of the script on. Recorded under one's own name."""
    if own.administer:
        audit.record(settings.folders, audit.Event(datetime.now(UTC), own.email, "view_as", email))
        st.session_state[VIEW_AS] = email


def _stop() -> None:
    st.session_state.pop(VIEW_AS, None)

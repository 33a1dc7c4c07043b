"""The SQL editor as a Streamlit component: CodeMirror 6, built once into editor.min.js by the script in package.json.

Belongs here: the component and what goes into it. Does not: running what was written.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import streamlit as st

_BUILT = Path(__file__).with_name("editor.min.js")
_STYLE = """
#editor { border: 1px solid var(--st-border-color); border-radius: 8px; overflow: hidden; }
"""


@dataclass(frozen=True, slots=True)
class Written:
    """What stands in the editor, and whether Ctrl+Enter was pressed."""

    text: str
    is_run: bool


def sql_editor(
    *,
    key: str,
    text: str,
    stamp: int,
    tables: Mapping[str, Sequence[tuple[str, str]]],
    metrics: Sequence[tuple[str, str, str]] = (),
) -> Written:
    """Draw the editor and give back its text.

    `text` replaces what is written only with a new `stamp`. `tables`: column and type by schema.table; `metrics`: name,
    label and SQL.
    """
    mount = st.components.v2.component(
        "plumbline_sql_editor",
        html='<div id="editor"></div>',
        css=_STYLE,
        js=_BUILT.read_text(encoding="utf-8"),
    )
    result = mount(
        key=key,
        data={"text": text, "stamp": stamp, "tables": tables, "metrics": metrics, "label": "SQL query"},
        default={"text": text},
        on_text_change=_nothing,
        on_run_change=_nothing,
    )
    asked = getattr(result, "run", None)
    written = asked if asked is not None else getattr(result, "text", text)
    return Written(str(written if written is not None else text), asked is not None)


def _nothing() -> None:
    # Streamlit keeps a component's state only where it may call somebody about it.
    return

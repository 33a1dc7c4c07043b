"""The page that strangers may get: one small form in plain HTML, without a script, closed to everything else.

Belongs here: its look and its headers. Does not: what it says and asks (`signin`, `unsubscribe`).
"""

from __future__ import annotations

import hashlib
from base64 import b64encode
from html import escape

from starlette.responses import HTMLResponse

_STYLE = """
body{font:16px/1.5 Inter,'Segoe UI',sans-serif;background:#F3F6FA;color:#0A1A30;margin:0;display:grid;
min-height:100vh;place-items:center}
main{background:#fff;border:1px solid #DCE3EC;border-radius:12px;padding:2rem;width:20rem;max-width:85vw}
h1{font-size:1.25rem;margin:0 0 1rem}label{display:block;margin:.75rem 0 .25rem;font-weight:600}
input{box-sizing:border-box;width:100%;padding:.6rem;font:inherit;border:1px solid #8494A8;border-radius:8px}
button,a.button{box-sizing:border-box;display:block;width:100%;text-align:center;margin-top:1.25rem;padding:.65rem;
font:inherit;font-weight:600;border:1px solid #0F4C81;border-radius:8px;background:#0F4C81;color:#fff;
text-decoration:none;cursor:pointer}
a.button{background:#fff;color:#0F4C81}p.said{color:#A11F2F}:focus-visible{outline:3px solid #6FB1E6;outline-offset:2px}
@media(prefers-color-scheme:dark){body{background:#101B2B;color:#E6EDF5}main{background:#18263B;border-color:#24364F}
input{background:#101B2B;color:inherit}a.button{background:#18263B;color:#7CB8EA}p.said{color:#F2787F}}
"""
_POLICY = (
    "default-src 'none'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'; style-src 'sha256-"
    + b64encode(hashlib.sha256(_STYLE.encode()).digest()).decode()
    + "'"
)


def page(
    content: str, status: int = 200, *, title: str = "Sign in", language: str = "en", direction: str = "ltr"
) -> HTMLResponse:
    """A page around `content`, which is HTML already."""
    return HTMLResponse(
        f'<!doctype html><html lang="{escape(language)}" dir="{direction}"><head><meta charset="utf-8">'
        f"<title>{escape(title)}</title>"
        f'<meta name="viewport" content="width=device-width,initial-scale=1"><style>{_STYLE}</style></head>'
        f"<body><main>{content}</main></body></html>",
        status,
        headers={"content-security-policy": _POLICY, "cache-control": "no-store"},
    )

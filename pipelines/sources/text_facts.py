"""What one pass over the bytes of a text file tells: line ends, quotes, blanks, whether it is UTF-8.

Belongs here: looking at bytes as they pass. Which reader is chosen by it is decided in `tables`.
"""

from __future__ import annotations

import codecs
from dataclasses import dataclass

import numpy as np

#: Small enough for the memory allocator to reuse: larger pieces cost five times the CPU seconds in page faults.
CHUNK = 1 << 17
SAMPLE = 1 << 18
_SPACE = ord(" ")
_ENDS_CELL = np.zeros(256, dtype=bool)
_ENDS_CELL[list(b",;|\t\r\n\"'")] = True
#: Spaces of other widths, as their first bytes in UTF-8: dashes and quotation marks share them, and cost a closer look.
_WIDE_BLANKS = (b"\xc2\xa0", b"\xe1\x9a\x80", b"\xe2\x80", b"\xe2\x81\x9f", b"\xe3\x80\x80")
_QUOTED_LINE_ENDS = tuple(
    torn
    for end in (b"\n", b"\r")
    for torn in (end + b'"' + end, *(end + b'"' + sign for sign in (b",", b";", b"|", b"\t")),
                 *(sign + b'"' + end for sign in (b",", b";", b"|", b"\t")))
)  # fmt: skip
_ZERO_WIDTH, _BYTE_ORDER_MARK = "\u200b".encode(), "\ufeff".encode()


@dataclass(frozen=True, slots=True)
class TextFacts:
    """What one pass over plain bytes tells: enough to choose a reader without reading twice.

    `has_padding`: a cell may start or end with a blank other than a tab, whichever of the usual signs delimits cells.
    """

    head: bytes
    has_nul: bool
    is_utf8: bool
    lines: int
    line_feeds: int
    windows_ends: int
    ends_with_line_end: bool
    has_quotes: bool
    has_tabs: bool
    has_unseen_blanks: bool
    has_padding: bool


class Looking:
    """Gathers TextFacts chunk by chunk. Every look is at the speed of memory: this runs over all bytes of all files."""

    def __init__(self) -> None:
        self.head = b""
        self.has_nul = self.has_quotes = self.has_tabs = self.has_unseen_blanks = self.has_padding = False
        self.is_utf8 = True
        self.line_feeds = self.carriage_returns = self.windows_ends = 0
        self._decoder = codecs.getincrementaldecoder("utf-8")()
        self._tail = b""
        self._before = b"\n"
        self._ending = b""
        self._is_first = True

    def look(self, chunk: bytes) -> None:
        if len(self.head) < SAMPLE:
            self.head += chunk[: SAMPLE - len(self.head)]
        self.has_nul = self.has_nul or b"\0" in chunk
        self.has_quotes = self.has_quotes or b'"' in chunk
        self.has_tabs = self.has_tabs or b"\t" in chunk
        self.line_feeds += chunk.count(b"\n")
        if b"\r" in chunk or self._tail.endswith(b"\r"):
            self.carriage_returns += chunk.count(b"\r")
            self.windows_ends += (self._tail[-1:] + chunk).count(b"\r\n")
        # A decoder in the middle of a character must be fed even plain ASCII.
        if not chunk.isascii() or self._decoder.getstate()[0]:
            self._look_at_characters(chunk)
        if not self.has_padding:
            self._look_for_padding(self._before + chunk)
        self._before = (self._before + chunk)[-2:]
        content = chunk.rstrip(b"\r\n")
        self._ending = chunk[len(content) :] if content else self._ending + chunk
        self._tail = chunk[-3:]
        self._is_first = False

    def _look_at_characters(self, chunk: bytes) -> None:
        try:
            if self.is_utf8:
                self._decoder.decode(chunk)
        except UnicodeDecodeError:
            self.is_utf8 = False
        joined = self._tail + chunk
        if not self.has_unseen_blanks:
            mark = joined.find(_BYTE_ORDER_MARK, 1 if self._is_first else 0)
            self.has_unseen_blanks = mark >= 0 or _ZERO_WIDTH in joined

    def _look_for_padding(self, window: bytes) -> None:
        """A space beside a byte at which a cell can end; with quotes, a line end that belongs to a quoted cell.

        The last byte of a window is judged with the next one, which starts with it and the byte before.
        """
        if not window.isascii() and any(blank in window for blank in _WIDE_BLANKS):
            self.has_padding = True
        if b'"' in window and any(torn in window for torn in _QUOTED_LINE_ENDS):
            self.has_padding = True
        if b" " in window and not self.has_padding:
            codes = np.frombuffer(window, np.uint8)
            spaces = np.flatnonzero(codes[1:-1] == _SPACE) + 1
            self.has_padding = bool((_ENDS_CELL[codes[spaces - 1]] | _ENDS_CELL[codes[spaces + 1]]).any())

    def facts(self) -> TextFacts:
        return TextFacts(
            head=self.head,
            has_nul=self.has_nul,
            is_utf8=self.is_utf8 and not self._decoder.getstate()[0],
            lines=_lines(self.line_feeds, self.carriage_returns, self._ending),
            line_feeds=self.line_feeds,
            windows_ends=self.windows_ends,
            has_quotes=self.has_quotes,
            has_tabs=self.has_tabs,
            has_unseen_blanks=self.has_unseen_blanks,
            has_padding=self.has_padding or self._before.endswith(b" ") or self._has_lone_returns,
            ends_with_line_end=bool(self._ending),
        )

    @property
    def _has_lone_returns(self) -> bool:
        return self.line_feeds > 0 and self.carriage_returns != self.windows_ends


def _lines(line_feeds: int, carriage_returns: int, ending: bytes) -> int:
    """Lines up to the last that holds anything: empty ones at the end are nobody's row."""
    if line_feeds:
        return line_feeds - ending.count(b"\n") + 1
    return carriage_returns - ending.count(b"\r") + 1

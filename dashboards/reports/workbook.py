"""A report as data: an XLSX workbook with a sheet per section, or one CSV. Numbers stay numbers, texts texts."""

from __future__ import annotations

import csv
import io
import re
from datetime import date
from decimal import Decimal
from typing import Any

import xlsxwriter

from dashboards.exports import defuse
from dashboards.format import Display
from dashboards.reports.content import Cell, CellUnit, ReportContent, Section

FORMATS: dict[CellUnit, str] = {
    "money": "#,##0.00",
    "amount": "#,##0.00",
    "ratio": "0.0%",
    "multiple": '0.0"×"',
    "count": "#,##0",
    "days": "#,##0.0",
    "months": "#,##0.0",
}


def workbook(content: ReportContent, *, display: Display) -> bytes:
    """The workbook. Amounts keep their cents; what the sheet shows is a number format, never a rounded value."""
    out = io.BytesIO()
    options = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
    with xlsxwriter.Workbook(out, options) as book:
        book.set_properties({"title": f"{content.title}, {content.period}", "company": content.company})
        looks: dict[Any, Any] = {name: book.add_format({"num_format": pattern}) for name, pattern in FORMATS.items()}
        looks |= {
            ("total", name): book.add_format({"num_format": pattern, "bold": True, "top": 1})
            for name, pattern in FORMATS.items()
        }
        looks |= {
            ("total", None): book.add_format({"bold": True, "top": 1}),
            "title": book.add_format({"bold": True, "font_size": 14}),
            "head": book.add_format({"bold": True, "bottom": 2, "font_color": "#5B6B80"}),
            "date": book.add_format({"num_format": "yyyy-mm-dd"}),
            "wrap": book.add_format({"text_wrap": True, "valign": "top"}),
        }
        names: list[str] = []
        for section in content.sections:
            names.append(_sheet_name(section.title, taken=names))
            _sheet(book.add_worksheet(names[-1]), section, content, looks, display)
        notes = book.add_worksheet(_sheet_name(display.say("Data"), taken=names))
        notes.set_column(0, 0, 110)
        lines = (
            display.say("As of {day}", day=content.as_of.isoformat()),
            display.say("Amounts in {currency}", currency=content.currency),
            display.say("Version {version}", version=content.version),
        )
        for row, line in enumerate((*content.notes, *lines)):
            notes.write_string(row, 0, line, looks["wrap"])
    return out.getvalue()


def flat(content: ReportContent) -> bytes:
    """Every card and table cell as rows of CSV, numbers in full, texts defused: section, table, row, column, value."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow(("section", "table", "row", "column", "value"))
    for section in content.sections:
        for card in section.cards:
            texts = (section.title, "", card.metric, card.label)
            writer.writerow([*(defuse(text) for text in texts), _plain(card.value)])
        for table in section.tables:
            for cells in table.rows:
                for column, cell in zip(table.columns[1:], cells[1:], strict=True):
                    texts = (section.title, table.title, _plain(cells[0]), column.label)
                    writer.writerow([*(defuse(text) for text in texts), _plain(cell)])
    return out.getvalue().encode("utf-8-sig")


def _plain(cell: Cell) -> str:
    if cell is None:
        return ""
    if isinstance(cell, Decimal):
        return format(cell, "f")
    return defuse(cell) if isinstance(cell, str) else str(cell)


def _sheet_name(title: str, *, taken: list[str]) -> str:
    """A name that spreadsheets take: 31 characters, none of []:*?/\\, no apostrophe at an end, each once."""
    plain = re.sub(r"[\[\]:*?/\\]", " ", title).strip(" '")[:31] or "Sheet"
    name, number = plain, 1
    while name.casefold() in {other.casefold() for other in taken}:
        number += 1
        name = f"{plain[: 30 - len(str(number))]} {number}"
    return name


def _sheet(sheet: Any, section: Section, content: ReportContent, looks: dict[Any, Any], display: Display) -> None:
    if display.locale.is_right_to_left:
        sheet.right_to_left()
    sheet.set_column(0, 0, 38)
    sheet.set_column(1, 4, 20)
    sheet.write_string(0, 0, f"{content.company}: {section.title}", looks["title"])
    sheet.write_string(1, 0, section.sentence)
    row = 3
    if section.cards:
        for column, heading in enumerate(("Metric", "Value", "Change", "Target")):
            sheet.write_string(row, column, display.say(heading), looks["head"])
        for card in section.cards:
            row += 1
            sheet.write_string(row, 0, card.label)
            _write(sheet, (row, 1), card.value, card.unit, looks)
            sheet.write_string(row, 2, card.change)
            sheet.write_string(row, 3, card.target)
        row += 2
    for table in section.tables:
        sheet.write_string(row, 0, table.title, looks["title"])
        row += 1
        for column, head in enumerate(table.columns):
            sheet.write_string(row, column, head.label, looks["head"])
        for place, values in enumerate(table.rows):
            row += 1
            for column, cell in enumerate(values):
                unit = table.columns[column].unit
                _write(sheet, (row, column), cell, ("total", unit) if place in table.totals else unit, looks)
        row += 2


def _write(sheet: Any, place: tuple[int, int], cell: Cell, look: Any, looks: dict[Any, Any]) -> None:
    row, column = place
    if cell is None:
        sheet.write_blank(row, column, None)
    elif isinstance(cell, date):
        sheet.write_datetime(row, column, cell, looks["date"])
    elif isinstance(cell, Decimal | int):
        sheet.write_number(row, column, cell, looks.get(look))
    else:
        sheet.write_string(row, column, str(cell), looks.get(look) if isinstance(look, tuple) else None)

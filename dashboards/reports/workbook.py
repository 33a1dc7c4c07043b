"""A report as an XLSX workbook: a sheet per section, numbers as numbers, texts that can never run as formulas."""

from __future__ import annotations

import io
from datetime import date
from decimal import Decimal
from typing import Any

import xlsxwriter

from company.metric_plans import Unit
from dashboards.reports.content import Cell, ReportContent, Section

FORMATS: dict[Unit, str] = {
    "money": "#,##0.00",
    "ratio": "0.0%",
    "multiple": '0.0"×"',
    "count": "#,##0",
    "days": "#,##0.0",
    "months": "#,##0.0",
}


def workbook(content: ReportContent) -> bytes:
    """The workbook. Amounts keep their cents; what the sheet shows is a number format, never a rounded value."""
    out = io.BytesIO()
    options = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
    with xlsxwriter.Workbook(out, options) as book:
        book.set_properties({"title": f"{content.title}, {content.period}", "company": content.company})
        looks: dict[Any, Any] = {name: book.add_format({"num_format": pattern}) for name, pattern in FORMATS.items()}
        looks |= {
            "title": book.add_format({"bold": True, "font_size": 14}),
            "head": book.add_format({"bold": True, "bottom": 2, "font_color": "#5B6B80"}),
            "date": book.add_format({"num_format": "yyyy-mm-dd"}),
            "wrap": book.add_format({"text_wrap": True, "valign": "top"}),
        }
        for section in content.sections:
            _sheet(book, section, content, looks)
        notes = book.add_worksheet("Data")
        notes.set_column(0, 0, 110)
        lines = (f"As of {content.as_of.isoformat()}", f"Amounts in {content.currency}", f"Version {content.version}")
        for row, line in enumerate((*content.notes, *lines)):
            notes.write_string(row, 0, line, looks["wrap"])
    return out.getvalue()


def _sheet(book: Any, section: Section, content: ReportContent, looks: dict[Any, Any]) -> None:
    sheet = book.add_worksheet(section.title[:31])
    sheet.set_column(0, 0, 38)
    sheet.set_column(1, 4, 20)
    sheet.write_string(0, 0, f"{content.company}: {section.title}", looks["title"])
    sheet.write_string(1, 0, section.sentence)
    row = 3
    if section.cards:
        for column, heading in enumerate(("Metric", "Value", "Change", "Target")):
            sheet.write_string(row, column, heading, looks["head"])
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
        for cells in table.rows:
            row += 1
            for column, cell in enumerate(cells):
                _write(sheet, (row, column), cell, table.columns[column].unit, looks)
        row += 2


def _write(sheet: Any, place: tuple[int, int], cell: Cell, unit: Unit | None, looks: dict[Any, Any]) -> None:
    row, column = place
    if cell is None:
        sheet.write_blank(row, column, None)
    elif isinstance(cell, date):
        sheet.write_datetime(row, column, cell, looks["date"])
    elif isinstance(cell, Decimal | int):
        sheet.write_number(row, column, cell, looks.get(unit))
    else:
        sheet.write_string(row, column, str(cell))

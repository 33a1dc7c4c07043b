"""Reports: compose once as values (`content`), write as mail, text, PDF and workbook, deliver once per recipient."""

-- One row per line of a posted journal, in local currency.
{{ canonical('journal_line') }}

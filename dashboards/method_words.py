"""What the methods and layers of estimates are called: `bg_nbd` is a code of a mart and no word of a reader's.

Belongs here: names of methods, in English; pages say them in the reader's language. Does not: what a method does
(docs/marts/customer-value.md, cash-projection.md).
"""

from __future__ import annotations

import pyarrow as pa

from dashboards.format import Display

VALUE_METHODS = {
    "cohort_margin": "Margin of its cohort",
    "bg_nbd": "Repeat orders (BG/NBD)",
    "pareto_nbd": "Repeat orders (Pareto/NBD)",
    "shrinkage": "Own rhythm of orders, drawn to its segment",
    "sbg": "Renewals of contracts (sBG)",
    "own_past_rate": "Goes on as before",
    "constant_churn": "One churn for all",
}
STREAMS = {"orders": "Orders", "subscriptions": "Contracts", "all": "All"}
CASH_METHODS = {
    "payment_history": "Payment habits",
    "due_date": "Due dates",
    "habits": "Habits alone",
    "median": "Median of the three",
    "seasonal_naive": "Same weeks a year before",
    "exponential_smoothing": "Exponential smoothing",
    "theta": "Theta",
}
CASH_LAYERS = {
    "receivables": "Receivables",
    "payables": "Payables",
    "not_yet_invoiced": "Not invoiced yet",
    "not_yet_billed": "Bills not received yet",
    "purchase_orders": "Of these, on order",
}
CASH_WARNINGS = {
    "expected": "Expected to be below the minimum",
    "one_in_ten": "One chance in ten to be below the minimum",
}
WARNING_WEEKS = {"1": "Within 1 week", "4": "Within 4 weeks", "13": "Within 13 weeks"}
HORIZONS = {"1": "Week 1", "1-4": "Weeks 1 to 4", "1-13": "Weeks 1 to 13"}


def said(display: Display, table: pa.Table, column: str, words: dict[str, str]) -> pa.Table:
    """The same rows with a column's codes in words of the reader's language. A code without words stays as it is."""
    texts = [
        None if code is None else display.say(words[code]) if code in words else code
        for code in table[column].to_pylist()
    ]
    return table.set_column(table.column_names.index(column), column, pa.array(texts, pa.string()))

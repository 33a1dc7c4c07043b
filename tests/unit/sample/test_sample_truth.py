"""The truths are what plain Python finds in the exports, row by row."""

from __future__ import annotations

import json
from bisect import bisect_right
from collections import defaultdict
from decimal import ROUND_HALF_UP, Decimal

import pytest
from sample_exports import Exports, Row, amount, month_of

CENT = Decimal("0.01")
MONTH = "2025-03-01"
FLOWS = ("revenue_local", "revenue_rpt", "cost_local", "cost_rpt", "margin_local", "margin_rpt")


class Spot:
    """Euro per unit on a day; at weekends the last rate before."""

    def __init__(self, exports: Exports) -> None:
        self._days: dict[str, list[str]] = defaultdict(list)
        self._rates: dict[str, list[Decimal]] = defaultdict(list)
        for row in sorted(exports.rows("fx_rate"), key=lambda row: row["rate_on"]):
            if row["rate_type"] == "spot":
                self._days[row["from_currency"]].append(row["rate_on"])
                self._rates[row["from_currency"]].append(Decimal(row["rate"]))

    def euro(self, cents: Decimal, currency: str, day: str) -> Decimal:
        if currency == "EUR":
            return cents
        at = bisect_right(self._days[currency], day) - 1
        return (cents * self._rates[currency][at]).quantize(CENT, ROUND_HALF_UP)


CURRENCY = {"FI01": "EUR", "SE01": "SEK", "GB01": "GBP"}


def sales_of_month(exports: Exports, month: str) -> dict[tuple[str, str], Decimal]:
    """Figures by (entity, name) of one month, outside customers only."""
    spot = Spot(exports)
    group = {row["customer_id"] for row in exports.rows("customer") if row["intercompany_entity_id"]}
    found: dict[tuple[str, str], Decimal] = defaultdict(Decimal)

    def add(head: Row, line: Row, day: str, sign: int) -> None:
        if month_of(day) != month or head["customer_id"] in group:
            return
        entity = head["entity_id"]
        for suffix in ("local", "rpt"):
            net, cost = amount(line["net_local"]), amount(line["cost_local"])
            if suffix == "rpt":
                net, cost = (spot.euro(value, CURRENCY[entity], day) for value in (net, cost))
            found[entity, f"revenue_{suffix}"] += sign * net
            found[entity, f"cost_{suffix}"] += sign * cost
            if line["cost_local"]:
                found[entity, f"margin_{suffix}"] += sign * (net - cost)

    invoices = {row["invoice_id"]: row for row in exports.rows("invoice")}
    credit_notes = {row["credit_note_id"]: row for row in exports.rows("credit_note")}
    for line in exports.rows("invoice_line"):
        head = invoices[line["invoice_id"]]
        add(head, line, head["invoiced_on"], 1)
    for line in exports.rows("credit_note_line"):
        head = credit_notes[line["credit_note_id"]]
        add(head, line, head["credited_on"], -1)
    return found


def test_revenue_cost_and_margin_of_a_month_are_those_of_its_lines(clean: Exports) -> None:
    found = sales_of_month(clean, MONTH)
    stated = {
        (row["entity_id"], name): Decimal(row[name])
        for row in clean.truth("months.csv")
        for name in FLOWS
        if row["period_on"] == MONTH
    }
    assert len(stated) == 3 * len(FLOWS)
    assert stated == found
    assert any(stated[entity, "revenue_local"] != stated[entity, "revenue_rpt"] for entity in CURRENCY)


def test_the_unknown_cost_of_some_lines_is_no_margin(clean: Exports) -> None:
    unknown = [row for row in clean.rows("invoice_line") if not row["cost_local"]]
    assert 0 < len(unknown) < len(clean.rows("invoice_line")) / 20
    totals = json.loads((clean.folder / "truth" / "totals.json").read_text(encoding="utf-8"))["documents"]["FI01"]
    known = Decimal(totals["revenue_with_known_cost_local"])
    assert Decimal(totals["margin_local"]) == known - Decimal(totals["cost_local"])
    assert known < Decimal(totals["revenue_local"])


@pytest.mark.parametrize(
    "figure", ["receivables_local", "payables_local", "cash_local", "inventory_local", "revenue_local", "cost_local"]
)
def test_documents_and_ledger_agree_in_clean_exports(figure: str, clean: Exports) -> None:
    documents = [row[figure] for row in clean.truth("months.csv")]
    assert len(documents) == 36 * 3
    assert documents == [row[figure] for row in clean.truth("ledger_months.csv")]


def test_the_ledger_truth_is_the_exported_ledger(clean: Exports) -> None:
    revenue = {row["account_code"] for row in clean.rows("gl_account") if row["account_type"] == "revenue"}
    found: dict[tuple[str, str], Decimal] = defaultdict(Decimal)
    for row in clean.rows("journal_line"):
        if row["account_code"] in revenue:
            found[row["entity_id"], month_of(row["posted_on"])] += amount(row["credit_local"]) - amount(
                row["debit_local"]
            )
    stated = {
        (row["entity_id"], row["period_on"]): Decimal(row["revenue_local"]) for row in clean.truth("ledger_months.csv")
    }
    assert stated == found


def test_bookings_are_the_won_deals_at_the_rate_of_their_close(clean: Exports) -> None:
    spot, found = Spot(clean), defaultdict(Decimal)
    for row in clean.rows("deal"):
        if row["is_won"] == "TRUE" and month_of(row["closed_on"]) == MONTH:
            found[row["entity_id"]] += spot.euro(amount(row["amount_doc"]), row["currency"], row["closed_on"])
    stated = {
        row["entity_id"]: Decimal(row["bookings_rpt"]) for row in clean.truth("months.csv") if row["period_on"] == MONTH
    }
    assert {entity: total for entity, total in stated.items() if total} == found


def test_totals_are_the_months_added_up(clean: Exports) -> None:
    totals = json.loads((clean.folder / "truth" / "totals.json").read_text(encoding="utf-8"))
    months = [row for row in clean.truth("months.csv") if row["entity_id"] == "SE01"]
    stated = totals["documents"]["SE01"]
    assert Decimal(stated["revenue_rpt"]) == sum(Decimal(row["revenue_rpt"]) for row in months)
    assert stated["cash_local"] == months[-1]["cash_local"]
    assert totals["as_of"] == months[-1]["as_of_on"] == "2026-06-30"


def test_matches_name_real_pairs_and_how_they_are_found(clean: Exports) -> None:
    """Each way of recognising is there, and the exports really have what it says they have in common."""
    accounts = {row["account_id"]: row for row in clean.rows("account")}
    customers = {row["customer_id"]: row for row in clean.rows("customer")}
    ways = defaultdict(int)
    for row in clean.truth("matches.csv"):
        account, customer = accounts[row["crm_account_id"]], customers[row["customer_no"]]
        ways[row["recognised_by"]] += 1
        if row["is_duplicate_account"] == "TRUE" or row["customer_no"] != row["party_no"]:
            continue
        if row["recognised_by"] == "id_in_crm":
            assert account["erp_customer_ref"] == row["customer_no"]
        elif row["recognised_by"] == "id_in_erp":
            assert customer["crm_account_ref"] == row["crm_account_id"]
        elif row["recognised_by"] == "tax_id":
            assert account["tax_id"].replace(" ", "") == customer["tax_id"]
        elif row["recognised_by"] == "domain":
            assert account["domain"] == customer["domain"]
        else:
            assert account["erp_customer_ref"] + account["tax_id"] + account["domain"] == ""
    assert set(ways) == {"id_in_crm", "id_in_erp", "tax_id", "domain", "name", "none"}


def test_row_counts_are_those_of_the_files(clean: Exports) -> None:
    rows = json.loads((clean.folder / "truth" / "rows.json").read_text(encoding="utf-8"))
    lines = rows["files"]["erp/journal_lines.csv"]
    assert lines == {"in": len(clean.rows("journal_line")), "loaded": lines["in"], "superseded": 0, "quarantined": {}}
    assert rows["held"] == {}
    assert set(rows["files"]) == {
        f"{source}/{path.name}" for source in ("crm", "erp") for path in (clean.folder / source).iterdir()
    }

"""Every document posts a balanced journal, and every subledger is its control account, read from the exports alone."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from decimal import Decimal

import pytest
from sample_exports import Exports, Row, amount, month_of

Balances = dict[tuple[str, str], Decimal]  # by entity and month


def signed(row: Row) -> Decimal:
    return amount(row["debit_local"]) - amount(row["credit_local"])


def month_ends(movements: Iterable[tuple[str, str, Decimal]], months: list[str]) -> Balances:
    """Running balance at the end of each month from (entity, day, amount)."""
    monthly: dict[str, dict[str, Decimal]] = defaultdict(lambda: defaultdict(Decimal))
    for entity, day, moved in movements:
        monthly[entity][month_of(day)] += moved
    found: Balances = {}
    for entity in ("FI01", "SE01", "GB01"):
        balance = Decimal(0)
        for month in months:
            balance += monthly[entity][month]
            found[entity, month] = balance
    return found


def months_of(exports: Exports) -> list[str]:
    return sorted({row["period_on"] for row in exports.rows("fiscal_period")})


def control(exports: Exports, control_of: str) -> Balances:
    accounts = {row["account_code"] for row in exports.rows("gl_account") if row["control_of"] == control_of}
    lines = (row for row in exports.rows("journal_line") if row["account_code"] in accounts)
    return month_ends(((row["entity_id"], row["posted_on"], signed(row)) for row in lines), months_of(exports))


def test_every_journal_balances_in_local_currency(clean: Exports) -> None:
    totals: dict[str, Decimal] = defaultdict(Decimal)
    places: dict[str, set[tuple[str, str]]] = defaultdict(set)
    for row in clean.rows("journal_line"):
        totals[row["journal_id"]] += signed(row)
        places[row["journal_id"]].add((row["entity_id"], row["posted_on"]))
        assert amount(row["debit_local"]) >= 0
        assert amount(row["credit_local"]) >= 0
    assert len(totals) > 5_000
    assert {journal for journal, total in totals.items() if total} == set()
    assert {journal for journal, found in places.items() if len(found) > 1} == set()


def test_every_document_has_a_journal(clean: Exports) -> None:
    posted = {(row["document_type"], row["document_id"]) for row in clean.rows("journal_line")}
    for entity, key, document in (
        ("invoice", "invoice_id", "invoice"),
        ("credit_note", "credit_note_id", "credit_note"),
        ("payment", "payment_id", "payment"),
        ("bill", "bill_id", "bill"),
        ("bill_payment", "bill_payment_id", "bill_payment"),
    ):
        assert {(document, row[key]) for row in clean.rows(entity)} <= posted, entity


def test_receivables_are_the_open_documents(clean: Exports) -> None:
    """Open invoices, less open credit notes, less what payments have not been applied to."""
    invoices = {row["invoice_id"]: row for row in clean.rows("invoice")}
    payments = {row["payment_id"]: row for row in clean.rows("payment")}
    moved: list[tuple[str, str, Decimal]] = []
    moved += [(row["entity_id"], row["invoiced_on"], amount(row["gross_local"])) for row in invoices.values()]
    moved += [(row["entity_id"], row["credited_on"], -amount(row["gross_local"])) for row in clean.rows("credit_note")]
    moved += [(row["entity_id"], row["paid_on"], -amount(row["amount_local"])) for row in payments.values()]
    for row in clean.rows("payment_application"):
        invoice, day, off = invoices[row["invoice_id"]], row["applied_on"], amount(row["amount_local"])
        moved.append((invoice["entity_id"], day, -off))  # the invoice is settled by it ...
        discount = (amount(row["discount_doc"]) * amount(invoice["exchange_rate"])).quantize(
            Decimal("0.01"), "ROUND_HALF_UP"
        )
        given = off - discount + amount(row["exchange_difference_local"]) if row["payment_id"] else off
        moved.append((invoice["entity_id"], day, given))  # ... and the payment or credit note used up
    assert month_ends(moved, months_of(clean)) == control(clean, "receivables")


def test_payables_are_the_open_bills(clean: Exports) -> None:
    bills = {row["bill_id"]: row for row in clean.rows("bill")}
    moved = [(row["entity_id"], row["billed_on"], -amount(row["gross_local"])) for row in bills.values()]
    moved += [(row["entity_id"], row["paid_on"], amount(row["amount_local"])) for row in clean.rows("bill_payment")]
    for row in clean.rows("bill_payment_application"):
        bill, off = bills[row["bill_id"]], amount(row["amount_local"])
        discount = (amount(row["discount_doc"]) * amount(bill["exchange_rate"])).quantize(
            Decimal("0.01"), "ROUND_HALF_UP"
        )
        given = off - discount - amount(row["exchange_difference_local"])
        moved.append((bill["entity_id"], row["applied_on"], off - given))
    assert month_ends(moved, months_of(clean)) == control(clean, "payables")


def test_every_vendor_payment_is_used_up_by_the_bills_it_settles(clean: Exports) -> None:
    """What leaves the bank is what left the bills, less discounts and what the exchange rate alone gave."""
    bills = {row["bill_id"]: row for row in clean.rows("bill")}
    used: dict[str, Decimal] = defaultdict(Decimal)
    for row in clean.rows("bill_payment_application"):
        rate = amount(bills[row["bill_id"]]["exchange_rate"])
        discount = (amount(row["discount_doc"]) * rate).quantize(Decimal("0.01"), "ROUND_HALF_UP")
        gain = amount(row["exchange_difference_local"])
        used[row["bill_payment_id"]] += amount(row["amount_local"]) - discount - gain
    paid = {row["bill_payment_id"]: amount(row["amount_local"]) for row in clean.rows("bill_payment")}
    deposits = paid.keys() - used.keys()
    assert used == {key: value for key, value in paid.items() if key not in deposits}
    entities = [row["entity_id"] for row in clean.rows("bill_payment") if row["bill_payment_id"] in deposits]
    assert sorted(entities) == ["FI01", "GB01", "SE01"], "one deposit each, whose bill has not come"


def test_inventory_is_the_sum_of_its_movements(clean: Exports) -> None:
    moved = [(row["entity_id"], row["moved_on"], amount(row["value_local"])) for row in clean.rows("inventory_move")]
    assert month_ends(moved, months_of(clean)) == control(clean, "inventory")


def test_no_item_is_ever_short_at_a_month_end(clean: Exports) -> None:
    units: dict[tuple[str, str], Decimal] = defaultdict(Decimal)
    by_month: dict[str, list[Row]] = defaultdict(list)
    for row in clean.rows("inventory_move"):
        by_month[month_of(row["moved_on"])].append(row)
    for month in sorted(by_month):
        for row in by_month[month]:
            units[row["entity_id"], row["item_id"]] += amount(row["quantity"])
        assert min(units.values()) >= 0, month


def test_each_bank_account_is_its_ledger_account(clean: Exports) -> None:
    accounts = {row["bank_account_id"]: row for row in clean.rows("bank_account")}
    ledger: dict[tuple[str, str, str], Decimal] = defaultdict(Decimal)
    for row in clean.rows("journal_line"):
        ledger[row["entity_id"], row["account_code"], month_of(row["posted_on"])] += signed(row)
    bank: dict[tuple[str, str, str], Decimal] = defaultdict(Decimal)
    running: dict[str, Decimal] = defaultdict(Decimal)
    for row in clean.rows("bank_line"):
        account = accounts[row["bank_account_id"]]
        bank[account["entity_id"], account["account_code"], month_of(row["booked_on"])] += amount(row["amount_doc"])
        running[row["bank_account_id"]] += amount(row["amount_doc"])
        assert running[row["bank_account_id"]] == amount(row["balance_doc"])
    assert bank
    assert bank == {key: ledger[key] for key in bank}
    places = {(account["entity_id"], account["account_code"]) for account in accounts.values()}
    assert all(key in bank or not moved for key, moved in ledger.items() if key[:2] in places)


@pytest.mark.parametrize("entity", ["FI01", "SE01", "GB01"])
def test_what_was_accrued_is_cleared(entity: str, clean: Exports) -> None:
    """Goods received and delivered are invoiced within days: only the last weeks' may be open."""
    open_by_account: dict[str, Decimal] = defaultdict(Decimal)
    turnover: dict[str, Decimal] = defaultdict(Decimal)
    for row in clean.rows("journal_line"):
        if row["entity_id"] == entity and row["account_code"] in {"1450", "2450"}:
            open_by_account[row["account_code"]] += signed(row)
            turnover[row["account_code"]] += amount(row["debit_local"])
    assert open_by_account["1450"] >= 0  # delivered, not invoiced: an asset
    assert open_by_account["2450"] <= 0  # received, not billed: a liability
    for account, total in turnover.items():
        assert abs(open_by_account[account]) < total / 20


def test_the_two_sides_of_group_trade_agree(clean: Exports) -> None:
    """Each invoice between entities is a bill of the same amounts at the buyer, on the same day."""
    group = {
        row["customer_id"]: row["intercompany_entity_id"]
        for row in clean.rows("customer")
        if row["intercompany_entity_id"]
    }
    suppliers = {
        row["vendor_id"]: row["intercompany_entity_id"] for row in clean.rows("vendor") if row["intercompany_entity_id"]
    }
    sold = sorted(
        (row["entity_id"], group[row["customer_id"]], row["invoiced_on"], row["currency"], row["gross_doc"])
        for row in clean.rows("invoice")
        if row["customer_id"] in group
    )
    bought = sorted(
        (suppliers[row["vendor_id"]], row["entity_id"], row["billed_on"], row["currency"], row["gross_doc"])
        for row in clean.rows("bill")
        if row["vendor_id"] in suppliers
    )
    assert sold
    assert sold == bought


def test_invoices_are_the_sum_of_their_lines(clean: Exports) -> None:
    for head, line, key in (
        ("invoice", "invoice_line", "invoice_id"),
        ("credit_note", "credit_note_line", "credit_note_id"),
        ("bill", "bill_line", "bill_id"),
    ):
        for column in ("net_doc", "net_local", "tax_doc"):
            lines: dict[str, Decimal] = defaultdict(Decimal)
            for row in clean.rows(line):
                lines[row[key]] += amount(row[column])
            if column in clean.rows(head)[0]:
                assert {row[key]: amount(row[column]) for row in clean.rows(head)} == lines, (head, column)

"""A small company kept in Tryton, two years of it, and what Tryton itself says of it in the end, as JSON.

Run by the Python that Tryton is installed in, never imported: it knows nothing of Plumbline. Everything is done as a
clerk would, through wizards and buttons, each on its own day; the days of payments differ from due dates on purpose.
"""

from __future__ import annotations

import datetime as dt
import json
import sys
from decimal import Decimal
from typing import Any

from proteus import Model, Wizard, config
from trytond.modules.account.tests.tools import create_chart, create_fiscalyear, create_tax, get_accounts
from trytond.modules.account_invoice.tests.tools import set_fiscalyear_invoice_sequences
from trytond.modules.company.tests.tools import create_company

DAYS_ASKED = ("2025-11-30", "2025-12-31", "2026-01-31", "2026-02-28", "2026-03-31", "2026-04-30")
LAST_DAY = dt.date(2026, 4, 30)


class Books:
    """The company, its accounts and what every document needs."""

    def __init__(self, session: Any) -> None:
        self.session = session
        self.today_is(dt.date(2025, 11, 1))
        euro, self.dollar = self.currency("EUR", "Euro"), self.currency("USD", "US dollar")
        party = Model.get("party.party")(name="Acme Oy")
        party.save()
        create_company(party, euro)
        self.rate(euro, dt.date.min, "1")
        for day, rate in ((dt.date(2025, 1, 1), "1.08"), (dt.date(2026, 2, 1), "1.20"), (dt.date(2026, 3, 1), "1.10")):
            self.rate(self.dollar, day, rate)
        create_chart()
        # The chart's "accrued expenses" are of the type "expenses": the first that is found, and nobody's choice.
        self.accounts = get_accounts() | {"expense": self.account("5.1.1")}
        self.last_year, self.this_year = self.fiscal_year(2025), self.fiscal_year(2026)
        self.exchange_account()
        self.tax = create_tax(Decimal("0.255"))
        self.tax.save()
        self.cash = self.payment_method()
        self.write_off = self.rounding_write_off()
        self.finland = Model.get("country.country")(name="Finland", code="FI")
        self.finland.save()
        self.halves = Model.get("account.invoice.payment_term")(name="Half in 20 days, half in 40")
        self.halves.lines.new(type="percent", ratio=Decimal("0.5")).relativedeltas[0].days = 20
        self.halves.lines.new(type="remainder").relativedeltas.new(days=40)
        self.halves.save()
        self.widget = self.product("Widget", "WID", "goods", "19.99")
        self.advice = self.product("Advice", "ADV", "service", "120")

    def today_is(self, day: dt.date) -> None:
        """Tryton dates an exchange difference by the wall clock; here the day is told."""
        self.session.pool.get("ir.date").today = staticmethod(lambda timezone=None: day)  # noqa: ARG005 - Tryton's own signature

    def currency(self, code: str, name: str) -> Any:
        found = Model.get("currency.currency")(code=code, name=name, symbol=code, rounding=Decimal("0.01"))
        found.save()
        return found

    def rate(self, currency: Any, day: dt.date, rate: str) -> None:
        Model.get("currency.currency.rate")(currency=currency, date=day, rate=Decimal(rate)).save()

    def fiscal_year(self, year: int) -> Any:
        made = set_fiscalyear_invoice_sequences(create_fiscalyear(today=(dt.date(year, 1, 1), dt.date(year, 12, 31))))
        made.click("create_period")
        return made

    def account(self, code: str) -> Any:
        (found,) = Model.get("account.account").find([("code", "=", code)])
        return found

    def exchange_account(self) -> None:
        gains = self.account("6.2.1")
        configuration = Model.get("account.configuration")(1)
        configuration.currency_exchange_credit_account = gains
        configuration.currency_exchange_debit_account = gains
        configuration.save()

    def payment_method(self) -> Any:
        (journal,) = Model.get("account.journal").find([("type", "=", "cash")])
        made = Model.get("account.invoice.payment.method")(
            name="Bank", journal=journal, credit_account=self.accounts["cash"], debit_account=self.accounts["cash"]
        )
        made.save()
        return made

    def rounding_write_off(self) -> Any:
        journal = Model.get("account.journal")(name="Write-off", type="write-off")
        journal.save()
        made = Model.get("account.move.reconcile.write_off")(
            name="Small differences",
            journal=journal,
            credit_account=self.accounts["expense"],
            debit_account=self.accounts["expense"],
        )
        made.save()
        return made

    def product(self, name: str, code: str, kind: str, price: str) -> Any:
        category = Model.get("product.category")(name=f"{name} accounts", accounting=True)
        category.account_expense, category.account_revenue = self.accounts["expense"], self.accounts["revenue"]
        category.customer_taxes.append(Model.get("account.tax")(self.tax.id))
        category.supplier_taxes.append(Model.get("account.tax")(self.tax.id))
        category.save()
        (unit,) = Model.get("product.uom").find([("name", "=", "Kilogram")])
        template = Model.get("product.template")(name=name, code=code, type=kind, default_uom=unit)
        template.list_price = Decimal(price)
        template.account_category = category
        template.save()
        return template.products[0]

    def party(self, name: str, vat: str | None = None) -> Any:
        party = Model.get("party.party")(name=name)
        if vat is not None:
            party.identifiers.new(type="eu_vat", code=vat)
        (address,) = party.addresses or [party.addresses.new()]
        address.country = self.finland
        party.save()
        return party

    def draft(self, kind: str, party: Any, day: dt.date, *lines: tuple[Any, str, str], **changes: Any) -> Any:
        """An invoice (`kind` out) or a bill (in). A line: product or None, quantity, price."""
        self.today_is(day)
        made = Model.get("account.invoice")(type=kind)
        made.party, made.invoice_date = party, day
        for name, value in changes.items():
            setattr(made, name, value)
        for product, quantity, price in lines:
            line = made.lines.new()
            if product is None:
                line.account = self.accounts["revenue" if kind == "out" else "expense"]
                line.description = "By hand"
            else:
                line.product = product
            line.quantity, line.unit_price = float(quantity), Decimal(price)
        made.save()
        return made

    def post(self, kind: str, party: Any, day: dt.date, *lines: tuple[Any, str, str], **changes: Any) -> Any:
        made = self.draft(kind, party, day, *lines, **changes)
        made.click("post")
        return made

    def pay(self, invoice: Any, day: dt.date, amount: str | None = None, difference: str | None = None) -> None:
        """`difference`: what Tryton is to do with one, partial, writeoff or overpayment."""
        self.today_is(day)
        paying = Wizard("account.invoice.pay", [invoice])
        paying.form.payment_method, paying.form.date = self.cash, day
        if amount is not None:
            paying.form.amount = Decimal(amount)
        paying.execute("choice")
        if paying.state != "end":
            paying.form.type = difference
            if difference == "writeoff":
                paying.form.writeoff = self.write_off
            paying.execute("pay")
        invoice.reload()

    def credit(self, invoice: Any, day: dt.date, *, refund: bool) -> Any:
        self.today_is(day)
        crediting = Wizard("account.invoice.credit", [invoice])
        crediting.form.with_refund = refund
        if refund:
            crediting.form.invoice_date = day
        crediting.execute("credit")
        note = max(Model.get("account.invoice").find([]), key=lambda found: int(found.id))
        if not refund:
            note.invoice_date = day
            note.save()
        return note

    def settle(self, invoice: Any, note: Any, day: dt.date) -> None:
        """Pay what the credit note leaves of an invoice, and reconcile the three."""
        self.pay(invoice, day, str(invoice.total_amount + note.total_amount), "partial")
        lines = [line for one in (invoice, note) for line in one.move.lines if line.account == one.account]
        Wizard("account.move.reconcile_lines", [*lines, *invoice.payment_lines])
        invoice.reload()

    def entry(self, day: dt.date, debit: str, credit: str, amount: str, journal: str = "MISC") -> Any:
        self.today_is(day)
        journals = Model.get("account.journal")
        found = journals.find([("code", "=", journal)]) or [journals(name="General", code=journal, type="general")]
        if not found[0].id:
            found[0].save()
        move = Model.get("account.move")(journal=found[0], date=day)
        (move.period,) = Model.get("account.period").find(
            [("start_date", "<=", day), ("end_date", ">=", day), ("type", "=", "standard")]
        )
        one, other = move.lines.new(), move.lines.new()
        one.account, one.debit = self.account(debit), Decimal(amount)
        other.account, other.credit = self.account(credit), Decimal(amount)
        move.save()
        return move

    def close_last_year(self) -> None:
        end = self.last_year.end_date
        self.today_is(end)
        journal = Model.get("account.journal")(name="Closing", code="CLO", type="situation")
        journal.save()
        period = Model.get("account.period")(name="Closing 2025", start_date=end, end_date=end, type="adjustment")
        period.fiscalyear = self.last_year
        period.save()
        closing = Wizard("account.fiscalyear.balance_non_deferral")
        closing.form.fiscalyear, closing.form.journal, closing.form.period = self.last_year, journal, period
        closing.form.credit_account = closing.form.debit_account = self.account("3.2.1")
        closing.execute("balance")
        (move,) = Model.get("account.move").find([("state", "=", "draft")])
        move.click("post")
        self.last_year.click("close")


def keep(books: Books) -> None:
    """Every kind of document that the views read, one of each at least."""
    day = dt.date
    alpha, beta = books.party("Alpha Oy", "FI01120389"), books.party("Beta Inc")
    supplier, printer = books.party("Steel Oy"), books.party("Printer Inc")
    paid = books.post("out", alpha, day(2025, 11, 10), (books.widget, "3", "19.99"), (books.advice, "1.5", "120"))
    books.entry(day(2025, 11, 15), "1.1.1", "3.1.1", "5000").click("post")
    books.pay(paid, day(2025, 11, 20))
    books.post("in", supplier, day(2025, 12, 1), (books.widget, "10", "11.37"), reference="S-1")
    books.close_last_year()

    # Half of 0.25 is 0.12 to Tryton, which rounds half to even.
    halves = books.post(
        "out", alpha, day(2026, 1, 15), (books.widget, "100", "19.99"), (None, "0.5", "0.25"), payment_term=books.halves
    )
    books.pay(halves, day(2026, 2, 4), "1000", "partial")
    dollars = books.post("out", beta, day(2026, 2, 5), (books.widget, "7", "23.33"), currency=books.dollar)
    books.post("out", beta, day(2026, 2, 6), (None, "1", "333.33"), currency=books.dollar)
    credited = books.post("out", alpha, day(2026, 2, 10), (books.widget, "20", "19.99"), (books.advice, "2", "120"))
    note = books.credit(credited, day(2026, 2, 16), refund=False)
    note.lines.remove(note.lines[1])
    note.lines[0].quantity = -4.0
    note.save()
    note.click("post")
    short = books.post("out", beta, day(2026, 2, 20), (None, "1", "250.30"))
    books.pay(short, day(2026, 2, 27), "250", "writeoff")
    books.pay(dollars, day(2026, 3, 5))
    over = books.post("out", alpha, day(2026, 3, 6), (books.advice, "1", "120"))
    books.pay(over, day(2026, 3, 9), "175", "overpayment")
    refunded = books.post("out", beta, day(2026, 3, 10), (books.widget, "2", "19.99"))
    books.credit(refunded, day(2026, 3, 12), refund=True)
    books.settle(credited, note, day(2026, 3, 20))

    bill = books.post(
        "in", printer, day(2026, 2, 12), (books.widget, "40", "10.01"), reference="P-1", currency=books.dollar
    )
    books.pay(bill, day(2026, 3, 16))
    partly = books.post("in", supplier, day(2026, 3, 2), (books.widget, "5", "12.34"), reference="S-2")
    books.pay(partly, day(2026, 3, 18), "30", "partial")
    wrong = books.post("in", supplier, day(2026, 3, 3), (books.widget, "50", "12.34"), reference="S-3")
    books.today_is(day(2026, 4, 2))
    wrong.click("cancel")
    books.post("in", supplier, day(2026, 4, 7), (books.widget, "-1", "12.34"), reference="S-4")

    books.entry(day(2026, 3, 31), "5.1.3", "2.4.3", "77.70").click("post")
    # What is not posted is in no number.
    books.entry(day(2026, 3, 31), "5.1.3", "2.4.3", "9999")
    books.draft("out", alpha, day(2026, 4, 1), (books.advice, "9", "120"))


def said(books: Books) -> dict[str, Any]:
    """Tryton's own answers, as of the last day."""
    books.today_is(LAST_DAY)
    context = dict(books.session.context)
    accounts = Model.get("account.account")
    # Those that nothing is below of: only there is a balance the account's own, a closed year or not.
    codes = {one.id: one.code for one in accounts.find([("type", "!=", None), ("childs", "=", None)])}
    balances = {}
    for until in DAYS_ASKED:
        asked = context | {"date": dt.date.fromisoformat(until), "posted": True}  # no drafts
        found = accounts._proxy.read(list(codes), ["balance"], asked)
        balances[until] = {codes[one["id"]]: str(one["balance"]) for one in found if one["balance"]}
    return {
        "balances": balances,
        "invoices": [
            {
                "id": str(one.id), "type": one.type, "state": one.state, "number": one.number,
                "currency": one.currency.code, "party": one.party.code, "untaxed": str(one.untaxed_amount),
                "tax": str(one.tax_amount), "total": str(one.total_amount), "to_pay": str(one.amount_to_pay or 0),
                "lines": {str(line.id): str(line.amount) for line in one.lines},
            }
            for one in Model.get("account.invoice").find([])
        ],
        "parties": {
            one.code: {"name": one.name, "receivable": str(one.receivable), "payable": str(one.payable)}
            for one in Model.get("party.party").find([])
        },
    }  # fmt: skip


def main() -> None:
    books = Books(config.set_trytond(sys.argv[1]))
    keep(books)
    json.dump(said(books), sys.stdout)


if __name__ == "__main__":
    main()

"""Statements on any fiscal calendar have the same totals, and the checks on them fail when a figure is lost."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict
from datetime import date

import pytest
from compiled_models import CompiledModels

from company.calendar import FiscalCalendar, days
from company.settings import Settings
from pipelines.warehouse.system_tables import replace_rows

CALENDARS = [
    FiscalCalendar("months", 1),
    FiscalCalendar("months", 7),
    FiscalCalendar("4-4-5", 2),
    FiscalCalendar("jalali", 1),
    FiscalCalendar("jalali", 4),
]
BY_PERIOD = ("dim_dates", "general_ledger_by_period", "trial_balance_by_fiscal_period")
STATEMENTS = (
    "profit_and_loss_by_fiscal_period",
    "balance_sheet",
    "balance_sheet_by_fiscal_period",
    "cash_flow_by_fiscal_period",
)
CHECKED = "select count(*), count(*) filter (where status = 'difference') from marts.finance.fct_close_checks "


@pytest.fixture(scope="module")
def models(sample_company: Settings, tmp_path_factory: pytest.TempPathFactory) -> Iterator[CompiledModels]:
    built = CompiledModels(sample_company, tmp_path_factory.mktemp("models"))
    yield built
    built.connection.close()


@pytest.mark.parametrize("calendar", CALENDARS, ids=lambda calendar: f"{calendar.kind} from {calendar.first_month}")
def test_every_level_has_the_same_totals_on_any_calendar(models: CompiledModels, calendar: FiscalCalendar) -> None:
    """A retailer on 4-4-5 and a company in Tehran must read the same ledger as everyone else."""
    span = days(calendar, date(2020, 1, 1), date(2028, 12, 31))
    replace_rows(models.connection, "fiscal_date", [asdict(day) for day in span])
    models.build(*BY_PERIOD)

    # By period, straight from the journals' own days: no period of the calendar, no table of days.
    expected = {
        (entity, calendar_period): total
        for entity, calendar_period, total in models.rows("""
            select line.entity_id, day.fiscal_period_label, sum(line.credit_local - line.debit_local)
            from marts.finance.fct_journal_lines as line
            inner join marts.common.dim_accounts as account using (account_id)
            inner join build.raw.fiscal_date as day on line.posted_on between
                day.fiscal_period_start_on and day.fiscal_period_end_on and day.date_on = day.fiscal_period_start_on
            where account.statement = 'profit_and_loss' and line.entry_type <> 'closing' group by all""")
    }
    assert len(expected) > 100
    for grain in ("statement_line", "account_id"):
        told = models.rows(f"""
            select entity_id, fiscal_period_label, sum(amount) from (
                select entity_id, fiscal_period_label, {grain}, sum(income_local) as amount
                from marts.finance.trial_balance_by_fiscal_period where statement = 'profit_and_loss' group by all
            ) group by all having sum(amount) <> 0""")
        assert {(entity, label): amount for entity, label, amount in told} == {
            key: amount for key, amount in expected.items() if amount
        }

    levels = models.rows("""
        select
            (select sum(income_local) from marts.finance.trial_balance_by_fiscal_period),
            (select sum(credit_local - debit_local) from marts.finance.general_ledger_by_period
             where statement = 'profit_and_loss' and entry_type <> 'closing'),
            (select sum(amount_local) from marts.finance.profit_and_loss),
            (select sum(amount) from (
                select department_code, cost_centre_code, sum(credit_local - debit_local) as amount
                from marts.finance.general_ledger_by_period
                where statement = 'profit_and_loss' and entry_type <> 'closing' group by all))""")
    assert len(set(levels[0])) == 1
    assert (
        models.rows("""
        select entity_id, fiscal_period_label from marts.finance.trial_balance_by_fiscal_period
        group by all having sum(closing_local) <> 0 or sum(closing_rpt) <> 0""")
        == []
    )
    # Asked as of any period's end, a balance is what was posted up to that day.
    assert (
        models.rows("""
        select period.entity_id, period.fiscal_period_label from (
            select entity_id, fiscal_period_label, fiscal_period_end_on, sum(closing_local) as closing_local
            from marts.finance.trial_balance_by_fiscal_period where account_type = 'bank' group by all) as period
        where period.closing_local <> (
            select coalesce(sum(line.debit_local - line.credit_local), 0) from marts.finance.fct_journal_lines as line
            where line.entity_id = period.entity_id and line.account_type = 'bank'
                and line.posted_on <= period.fiscal_period_end_on)""")
        == []
    )


@pytest.mark.parametrize("calendar", CALENDARS, ids=lambda calendar: f"{calendar.kind} from {calendar.first_month}")
def test_statements_of_fiscal_periods_are_translated_as_the_monthly_ones(
    models: CompiledModels, calendar: FiscalCalendar
) -> None:
    """The board reads quarters of a 4-4-5 year in euros, the group months: both must tell of one profit."""
    span = days(calendar, date(2020, 1, 1), date(2028, 12, 31))
    replace_rows(models.connection, "fiscal_date", [asdict(day) for day in span])
    models.build(*BY_PERIOD, *STATEMENTS)

    for key, amounts, fiscal, monthly in (
        (
            "entity_id, statement_line",
            ("amount_local", "amount_rpt", "posted_rpt"),
            "profit_and_loss_by_fiscal_period",
            "profit_and_loss",
        ),
        (
            "entity_id, method, cash_flow_class, section, statement_line",
            ("amount_local", "amount_rpt"),
            "cash_flow_by_fiscal_period",
            "cash_flow_statement",
        ),
    ):
        sums = ", ".join(f"sum({amount})" for amount in amounts)
        nothing = " and ".join(f"sum({amount}) = 0" for amount in amounts)
        query = f"select {key}, {sums} from marts.finance.{{}} group by {key} having not ({nothing}) order by {key}"
        expected = models.rows(query.format(monthly))
        assert len(expected) > 30
        assert models.rows(query.format(fiscal)) == expected

    # A period that ends with a month has that month's balance sheet, line by line. Where fiscal years begin within a
    # month, the monthly one cannot tell the year's result from earlier ones to the day: both are one line then.
    line = "case when statement_line like 'Result %' then 'Result' else statement_line end"
    line = "statement_line" if calendar.kind == "months" else line
    sums = f"class, {line} as line, sum(balance_local) as balance_local, sum(balance_rpt) as balance_rpt"
    same, different = models.rows(f"""
        with monthly as (
            select entity_id, period_end_on as end_on, {sums} from marts.finance.balance_sheet group by all),
        fiscal as (
            select entity_id, least(fiscal_period_end_on, (select max(end_on) from monthly)) as end_on, {sums}
            from marts.finance.balance_sheet_by_fiscal_period group by all)
        select count(*) filter (where is_same), count(*) filter (where not is_same) from (
            select fiscal.balance_local = monthly.balance_local and fiscal.balance_rpt = monthly.balance_rpt as is_same
            from fiscal inner join monthly using (entity_id, end_on, class, line))""")[0]
    assert (int(str(same)) > (2_000 if calendar.kind == "months" else 50), different) == (True, 0)
    side = "case when class in ('liability', 'equity') then -1 else 1 end"
    assert (
        models.rows(f"""
        select entity_id, fiscal_period_label from marts.finance.balance_sheet_by_fiscal_period
        group by all having sum({side} * balance_local) <> 0 or sum({side} * balance_rpt) <> 0""")
        == []
    )
    # In the reporting currency too a period's cash flow leads from one balance of cash to the next.
    assert (
        models.rows("""
        with cash as (
            select entity_id, fiscal_period_start_on, balance_local, balance_rpt
            from marts.finance.balance_sheet_by_fiscal_period where statement_line = 'Cash and bank'),
        changes as (
            select entity_id, fiscal_period_start_on,
                balance_local - coalesce(lag(balance_local) over by_entity, 0) as change_local,
                balance_rpt - coalesce(lag(balance_rpt) over by_entity, 0) as change_rpt
            from cash window by_entity as (partition by entity_id order by fiscal_period_start_on))
        select method, entity_id, fiscal_period_start_on from marts.finance.cash_flow_by_fiscal_period
        inner join changes using (entity_id, fiscal_period_start_on) group by all
        having sum(amount_local) <> any_value(change_local) or sum(amount_rpt) <> any_value(change_rpt)""")
        == []
    )


@pytest.mark.parametrize(
    ("check_name", "harm"),
    [
        (
            "cash_flow_ties_to_cash",
            "update marts.finance.cash_flow_statement set amount_local = amount_local + 0.01 "
            "where method = 'direct' and statement_line = 'Taxes paid' and period_on = '2025-03-01'",
        ),
        (
            "cash_flow_ties_to_cash",
            "delete from marts.finance.cash_flow_statement where method = 'indirect' and section = 'non_cash'",
        ),
        (
            "profit_rolls_to_retained_earnings",
            "update marts.finance.retained_earnings_roll set result_local = result_local - 1 "
            "where entity_id = 'SE01' and period_on = '2025-12-01'",
        ),
        (
            "consolidation_ties",
            "update marts.finance.consolidated_statements set consolidated_rpt = consolidated_rpt + 0.01 "
            "where statement_line = 'Intercompany revenue' and period_on = '2025-03-01'",
        ),
        (
            "consolidation_ties",
            "update marts.finance.fct_intercompany_pairs set buyer_rpt = buyer_rpt + 1 "
            "where kind = 'balance' and period_on = '2025-03-01'",
        ),
        (
            "unrealised_stock_profit_ties",
            "update marts.finance.fct_unrealised_stock_profit set unrealised_profit_rpt = unrealised_profit_rpt + 0.01 "
            "where month_on = '2025-03-01'",
        ),
    ],
)  # fmt: skip
def test_a_lost_cent_is_a_difference(models: CompiledModels, check_name: str, harm: str) -> None:
    """A check that cannot fail proves nothing."""
    where = f"where check_name = '{check_name}'"
    models.build("fct_close_checks")
    rows, differences = models.rows(CHECKED + where)[0]
    assert isinstance(rows, int)
    assert rows > 30
    assert differences == 0
    table = harm.split("marts.finance.")[1].split(maxsplit=1)[0]
    models.rows(f"create or replace table marts.kept as from marts.finance.{table}")
    models.rows(harm)
    models.build("fct_close_checks")
    assert models.rows(CHECKED + where)[0][1] != 0
    models.rows(f"create or replace table marts.finance.{table} as from marts.kept")

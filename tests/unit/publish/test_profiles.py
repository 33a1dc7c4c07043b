"""What a person may not see is not in their file at all."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import duckdb
import pytest
from published_files import write_marts

from company.metric_plans import Measure, Plan
from company.roles import DOMAINS, FULL_ACCESS, Access, Role, RowFilter, RowRule, SmallGroups, User, resolve
from pipelines.publish import row_rules
from pipelines.publish.profiles import profile_state, profiles_in_use, write_profile


class People:
    """The part of the settings that access is worked out from."""

    def __init__(self, **roles: Role) -> None:
        self.roles = roles
        self.users: tuple[User, ...] = ()

    def access(self, *roles: str, **attributes: str | tuple[str, ...]) -> Access:
        return resolve(self, User(email="a@x.io", roles=roles, attributes=attributes))


NORTH = RowRule(column="region", equals="user.region")


@pytest.fixture
def marts(tmp_path: Path) -> Path:
    return write_marts(tmp_path / "marts.duckdb")


def profile(marts: Path, access: Access) -> duckdb.DuckDBPyConnection:
    target = marts.with_name(f"{access.profile_hash}.duckdb")
    write_profile(marts, access, target)
    return duckdb.connect(target, read_only=True)


def rows(connection: duckdb.DuckDBPyConnection, query: str) -> list[Any]:
    return connection.execute(query).fetchall()


def test_a_hidden_domain_is_not_in_the_file(marts: Path) -> None:
    """An analyst who attaches the file by hand, or reads its bytes, must find nothing of finance."""
    access = People(seller=Role(domains=("common", "sales"))).access("seller")
    with profile(marts, access) as connection:
        schemas = {name for (name,) in rows(connection, "select distinct schema_name from duckdb_tables()")}
    assert schemas == {"common", "sales"}
    assert b"profit_and_loss" not in marts.with_name(f"{access.profile_hash}.duckdb").read_bytes()


def test_a_hidden_column_is_not_in_the_file(marts: Path) -> None:
    access = People(seller=Role(domains=("sales",), hide=("*.cost_rpt",))).access("seller")
    with profile(marts, access) as connection:
        names = [name for (name,) in rows(connection, "select column_name from duckdb_columns() where not internal")]
    assert names == ["deal_id", "region", "amount_rpt"]
    assert b"cost_rpt" not in marts.with_name(f"{access.profile_hash}.duckdb").read_bytes()


def test_rows_of_other_regions_are_not_in_the_file(marts: Path) -> None:
    access = People(lead=Role(domains=("common", "sales"), rows=(NORTH,))).access("lead", region="north")
    with profile(marts, access) as connection:
        assert rows(connection, "select deal_id from sales.fct_deals") == [("d1",)]
        # A row without a region belongs to nobody's region.
        assert rows(connection, "select customer_id from common.dim_customers") == [("c1",)]
    assert b"'Bo'" not in marts.with_name(f"{access.profile_hash}.duckdb").read_bytes()


def test_a_table_that_leads_to_no_region_keeps_no_row(marts: Path) -> None:
    """The company's whole result is not the north's: a total of everybody's rows tells what the rule hides."""
    access = People(lead=Role(domains=("finance",), rows=(NORTH,))).access("lead", region="north")
    with profile(marts, access) as connection:
        assert rows(connection, "select * from finance.profit_and_loss") == []


@pytest.mark.parametrize(
    ("name", "column", "condition"),
    [
        (("sales", "fct_deals"), "region", "cast(\"region\" as varchar) in ('north')"),
        (("finance", "fct_payments"), "region", '"customer_id" in (select "customer_id" from whole'),
        (("sales", "fct_deals"), "team", '"owner_id" in (select "owner_id" from whole."common"."dim_owners"'),
        (("sales", "fct_deal_stage_history"), "team", '"owner_id" in'),
        (("common", "dim_dates"), "region", None),
        (("finance", "profit_and_loss"), "region", "false"),
    ],
)
def test_a_row_rule_reaches_tables_by_the_keys_they_hold(
    name: tuple[str, str], column: str, condition: str | None
) -> None:
    """A payment has no region and no team; its customer and its owner have."""
    columns = {
        ("sales", "fct_deals"): ("deal_id", "owner_id", "region"),
        ("sales", "fct_deal_stage_history"): ("deal_id", "owner_id"),
        ("finance", "fct_payments"): ("payment_id", "customer_id"),
        ("finance", "profit_and_loss"): ("line", "amount_rpt"),
        ("common", "dim_customers"): ("customer_id", "region"),
        ("common", "dim_owners"): ("owner_id", "team"),
        ("common", "dim_dates"): ("date_on",),
    }
    found = row_rules.condition(name, RowFilter(column=column, values=("north",)), columns)
    assert found == condition if condition is None else found is not None and found.startswith(condition)


def test_of_a_masked_column_only_stays_that_there_is_a_value(marts: Path) -> None:
    """Names and amounts that a role must not read are not in its file; that there is one may be counted."""
    people = People(guest=Role(domains=("common", "sales"), mask=("dim_customers.name", "*.amount_rpt")))
    access = people.access("guest")
    with profile(marts, access) as connection:
        assert rows(connection, "select distinct name from common.dim_customers") == [("•••",)]
        assert rows(connection, "select count(*), count(amount_rpt) from sales.fct_deals") == [(2, 0)]
    assert b"'Bo'" not in marts.with_name(f"{access.profile_hash}.duckdb").read_bytes()


class TestSmallGroups:
    """The pay of a department of one is one person's pay (T36)."""

    RULE = SmallGroups(columns="fct_payroll_monthly.payroll_*", counted_by="headcount", least=3)

    @pytest.fixture
    def payroll(self, marts: Path) -> Path:
        with duckdb.connect(marts) as connection:
            connection.execute("create schema if not exists operations")
            connection.execute(
                "create table operations.fct_payroll_monthly as select * from (values ('sales', 'fi', 3, 9000.00),"
                " ('law', 'fi', 2, 8000.00), ('board', 'fi', null, 7000.00), ('stock', 'se', 4, 6000.00))"
                " as t(department_code, entity_id, headcount, payroll_cost_rpt)"
            )
        return marts

    def pay(self, payroll: Path, access: Access) -> dict[str, Any]:
        with profile(payroll, access) as connection:
            return dict(
                rows(connection, "select department_code, payroll_cost_rpt from operations.fct_payroll_monthly")
            )

    def test_rows_that_stand_for_few_keep_no_pay(self, payroll: Path) -> None:
        """At the least there is a value, one below there is none; who is not counted is few."""
        access = People(analyst=Role(domains=("operations",), small_groups=(self.RULE,))).access("analyst")
        assert not access.is_full
        assert self.pay(payroll, access) == {"sales": 9000, "law": None, "board": None, "stock": 6000}

    def test_another_role_that_shows_the_rows_shows_them(self, payroll: Path) -> None:
        people = People(
            analyst=Role(domains=("operations",), small_groups=(self.RULE,)),
            head=Role(domains=("operations",), rows=(RowRule(column="department_code", equals="law"),)),
        )
        pay = self.pay(payroll, people.access("analyst", "head"))
        assert pay == {"sales": 9000, "law": 8000, "board": None, "stock": 6000}

    def test_rows_that_another_rule_leaves_out_stay_out(self, payroll: Path) -> None:
        rule = RowRule(column="entity_id", equals="fi")
        access = People(analyst=Role(domains=("operations",), rows=(rule,), small_groups=(self.RULE,))).access(
            "analyst"
        )
        assert self.pay(payroll, access) == {"sales": 9000, "law": None, "board": None}

    def test_a_table_that_counts_nobody_shows_nothing(self, payroll: Path) -> None:
        rule = self.RULE.model_copy(update={"counted_by": "employees"})
        access = People(analyst=Role(domains=("operations",), small_groups=(rule,))).access("analyst")
        assert set(self.pay(payroll, access).values()) == {None}

    def test_everything_less_small_groups_is_not_everything(self) -> None:
        assert People(all=Role(domains="all", small_groups=(self.RULE,))).access("all").profile_hash is not None


def test_a_role_that_masks_takes_nothing_from_one_that_shows(marts: Path) -> None:
    """The north with names, everything with names masked: the south's names are in neither."""
    people = People(
        guest=Role(domains=("common",), mask=("dim_customers.name",)), lead=Role(domains=("common",), rows=(NORTH,))
    )
    with profile(marts, people.access("guest", "lead", region="north")) as connection:
        found = dict(rows(connection, "select customer_id, name from common.dim_customers"))
    assert found["c1"] != "•••"
    assert {name for customer, name in found.items() if customer != "c1"} == {"•••"}


def test_a_person_with_several_values_sees_all_of_them(marts: Path) -> None:
    access = People(lead=Role(domains=("sales",), rows=(NORTH,))).access("lead", region=("north", "south"))
    with profile(marts, access) as connection:
        assert rows(connection, "select deal_id from sales.fct_deals order by 1") == [("d1",), ("d2",)]


def test_a_value_with_a_quote_is_a_value_and_no_sql(marts: Path) -> None:
    access = People(lead=Role(domains=("sales",), rows=(NORTH,))).access("lead", region="x') or true --")
    with profile(marts, access) as connection:
        assert rows(connection, "select deal_id from sales.fct_deals") == []


def test_two_roles_add_up_and_neither_leaks_into_the_other(marts: Path) -> None:
    """All rows of one role without their cost, the north with its cost: the south's cost is in neither."""
    people = People(
        analyst=Role(domains=("sales",), hide=("fct_deals.cost_rpt",)), lead=Role(domains=("sales",), rows=(NORTH,))
    )
    with profile(marts, people.access("analyst", "lead", region="north")) as connection:
        found = rows(connection, "select deal_id, cast(cost_rpt as varchar) from sales.fct_deals order by 1")
    assert found == [("d1", "4.00"), ("d2", None)]


def test_a_role_that_sees_everything_needs_no_file() -> None:
    people = People(boss=Role(domains="all"), lead=Role(domains=("sales",), rows=(NORTH,)))
    accesses = [people.access("boss"), people.access("boss", "lead", region="north"), FULL_ACCESS]
    assert [access.profile_hash for access in accesses] == [None, None, None]
    assert profiles_in_use(accesses) == {}


def test_equal_rights_share_a_file_and_other_values_do_not() -> None:
    people = People(lead=Role(domains=("sales",), rows=(NORTH,)), same=Role(domains=("sales",), rows=(NORTH,)))
    north, also_north, south = (
        people.access("lead", region="north"),
        people.access("same", region="north"),
        people.access("lead", region="south"),
    )
    assert north.profile_hash == also_north.profile_hash != south.profile_hash
    assert set(profiles_in_use([north, also_north, south])) == {north.profile_hash, south.profile_hash}


def test_a_person_without_a_role_gets_a_file_with_nothing_in_it(marts: Path) -> None:
    with profile(marts, People().access()) as connection:
        assert rows(connection, "select * from duckdb_tables() where not internal") == []


def test_a_metric_that_stands_on_hidden_columns_is_not_even_named(marts: Path) -> None:
    """The definition of a metric tells its table and columns: what is hidden must not be listed either."""
    plans = {"bookings": "amount_rpt", "deal_cost": "case when amount_rpt > 0 then cost_rpt end"}
    with duckdb.connect(marts) as connection:
        connection.execute("create table common.metric_catalogue (metric varchar, plan varchar)")
        for metric, expression in plans.items():
            measure = Measure(
                relation="sales.fct_deals", aggregate="sum", expression=expression, time="region", time_grain="day"
            )
            plan = Plan(kind="simple", measures={metric: measure}, expression=metric)
            connection.execute("insert into common.metric_catalogue values (?, ?)", [metric, plan.model_dump_json()])
        measure = Measure(
            relation="finance.profit_and_loss", aggregate="sum", expression="amount_rpt", time="x", time_grain="day"
        )
        plan = Plan(kind="simple", measures={"revenue": measure}, expression="revenue")
        connection.execute("insert into common.metric_catalogue values ('revenue', ?)", [plan.model_dump_json()])
    access = People(seller=Role(domains=("common", "sales"), hide=("*.cost_rpt",))).access("seller")
    with profile(marts, access) as connection:
        assert rows(connection, "select metric from common.metric_catalogue") == [("bookings",)]
    assert b"profit_and_loss" not in marts.with_name(f"{access.profile_hash}.duckdb").read_bytes()


def test_the_manifest_says_whom_a_profile_is_for() -> None:
    people = People(lead=Role(domains=("sales",), rows=(NORTH,)))
    state = profile_state(people.access("lead", region="north"))
    assert state.roles == ("lead",)
    assert state.attributes == {"region": ("north",)}


def test_the_domains_are_those_of_the_design() -> None:
    assert DOMAINS == ("common", "sales", "finance", "customers", "operations")

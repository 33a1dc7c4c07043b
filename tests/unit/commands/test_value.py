"""`plumbline value` on files that people have: what it finds, what it sets aside, and what it refuses to say."""

import json
from datetime import date, timedelta
from pathlib import Path

import numpy as np
import polars as pl
import pytest
import xlsxwriter
from typer.testing import CliRunner

from pipelines.cli import app
from pipelines.transactions import TransactionsError, Writing, read_transactions

TODAY = date(2026, 6, 30)


def write(path: Path, rows: list[tuple[str, str, str]], header: str = "customer,day,amount") -> Path:
    path.write_text("\n".join([header, *(",".join(row) for row in rows)]) + "\n")
    return path


def shoppers(count: int) -> list[tuple[str, str, str]]:
    """Customers who leave and customers who stay, over two years to the end of 2025."""
    generator = np.random.default_rng(1)
    rows = []
    for number in range(count):
        first, rate, stays = generator.uniform(0, 300), generator.gamma(1.2) / 50, generator.exponential(300)
        moments = [first, *(first + generator.uniform(0, stays, generator.poisson(rate * stays)))]
        mean = 600 / generator.gamma(6)
        rows += [
            (f"c{number}", str(date(2024, 1, 1) + timedelta(days=int(at))), f"{mean * generator.gamma(5) / 5:.2f}")
            for at in moments
            if at < 730
        ]
    return rows


def value(*arguments: str) -> dict:  # type: ignore[type-arg]
    result = CliRunner().invoke(app, ["value", *arguments, "--json"], catch_exceptions=False)
    return json.loads(result.stdout)  # type: ignore[no-any-return]


COLUMNS = ("--customer", "customer", "--date", "day", "--amount", "amount")


def test_a_list_of_transactions_is_fitted_judged_and_valued(tmp_path: Path) -> None:
    """Parameters, the score beside the rival's, and every customer in the file."""
    file, customers = write(tmp_path / "shop.csv", shoppers(500)), tmp_path / "customers.parquet"
    found = value(str(file), *COLUMNS, "--until", "2025-06-30", "--output", str(customers))
    assert found["regime"] == "repeat"
    assert found["fits"]["bg_nbd"]["converged"]
    assert found["amounts"]["model"] == "gamma_gamma"
    assert found["holdout"][0]["model"] == "own_past_rate"
    assert {row["from"] for row in found["holdout"]} == {"2025-06-30"}
    table = pl.read_parquet(customers)
    assert table.height == found["customers"]
    assert (table["value_low"] <= table["value_high"]).all()
    assert {"probability_active", "expected_value", "naive_value"} <= set(table.columns)


def test_a_workbook_and_a_parquet_file_say_the_same_as_the_csv(tmp_path: Path) -> None:
    """The format is not part of the data; ids that a spreadsheet made numbers stay the same ids."""
    rows = [(str(100 + int(customer[1:])), day, amount) for customer, day, amount in shoppers(60)]
    file = write(tmp_path / "shop.csv", rows)
    frame = pl.read_csv(file, try_parse_dates=True)
    frame.with_columns(pl.col("customer").cast(pl.Float64)).write_parquet(tmp_path / "shop.parquet")
    with xlsxwriter.Workbook(tmp_path / "shop.xlsx", {"default_date_format": "yyyy-mm-dd"}) as workbook:
        sheet = workbook.add_worksheet()
        sheet.write_row(0, 0, frame.columns)
        for place, (customer, day, amount) in enumerate(frame.iter_rows(), start=1):
            sheet.write_number(place, 0, customer)
            sheet.write_datetime(place, 1, day)
            sheet.write_number(place, 2, amount)
    read = [
        read_transactions(tmp_path / name, customer="customer", day="day", amount="amount", today=TODAY).table
        for name in ("shop.csv", "shop.parquet", "shop.xlsx")
    ]
    assert read[0].equals(read[1])
    assert read[0].equals(read[2])


def test_what_cannot_be_used_is_set_aside_with_its_amount(tmp_path: Path) -> None:
    """Totals with and without it: 100 in all, of which 1 + 2 + 4 + 8 are set aside, each reason by itself."""
    good = [("a", "2026-01-01", "40"), ("a", "2026-02-01", "45")]
    bad = [
        ("", "2026-01-05", "1"),
        ("b", "soon", "2"),
        ("b", "2026-12-24", "4"),
        ("r", "2026-01-09", "8"),
        ("b", "2026-01-01", "much"),
    ]
    given = read_transactions(
        write(tmp_path / "rows.csv", good + bad), customer="customer", day="day", amount="amount", today=TODAY
    )
    assert (given.rows, given.amount, given.table.height) == (7, 100, 3)
    told = {part.reason.split(":")[0]: (part.rows, part.amount, part.first_row) for part in given.set_aside}
    assert told == {
        "no customer": (1, 1, 3),
        "no day that can be read in column day": (1, 2, 4),
        "dated after today, 2026-06-30": (1, 4, 5),
        "no amount that can be read in column amount": (1, 0, 7),
    }


def test_a_day_that_may_be_two_days_is_not_guessed(tmp_path: Path) -> None:
    """03/04 read as 3 April by the library that read the file, and as 4 March by who wrote it."""
    file = write(tmp_path / "rows.csv", [("a", "03/04/2026", "1"), ("a", "05/06/2026", "2")])
    arguments = {"customer": "customer", "day": "day", "amount": "amount", "today": TODAY}
    with pytest.raises(TransactionsError, match=r"2 rows: no day .* found '03/04/2026'"):
        read_transactions(file, **arguments)  # type: ignore[arg-type]
    found = read_transactions(file, **arguments, writing=Writing("%m/%d/%Y"))  # type: ignore[arg-type]
    assert found.table["day"].to_list() == [date(2026, 3, 4), date(2026, 5, 6)]


@pytest.mark.parametrize(
    ("rows", "said"),
    [
        ([("a", "2026-01-01", "-5"), ("b", "2026-02-01", "-5")], "only returns, no order"),
        ([("a", "2026-01-01", "5"), ("b", "2026-01-01", "5")], "every order is of 2026-01-01"),
        ([("a", "2031-01-01", "5")], "dated after today"),
        ([("a", "someday", "5")], "--date-format says another form, such as %d.%m.%Y (first: row 1, found 'someday')"),
    ],
)
def test_a_list_without_anything_to_learn_from_is_refused_in_words(
    tmp_path: Path, rows: list[tuple[str, str, str]], said: str
) -> None:
    """Not a number, not a traceback."""
    with pytest.raises(TransactionsError) as refused:
        value(str(write(tmp_path / "rows.csv", rows)), *COLUMNS)
    assert said in str(refused.value)


def test_a_wrong_column_names_the_nearest(tmp_path: Path) -> None:
    """A misspelt column is the commonest mistake of all."""
    file = write(tmp_path / "rows.csv", [("a", "2026-01-01", "5")], header="Customer,Day,Amount")
    with pytest.raises(TransactionsError, match="no column 'Custmer'; did you mean 'Customer'"):
        read_transactions(file, customer="Custmer", day="Day", amount=None, today=TODAY)
    with pytest.raises(TransactionsError, match="no such file"):
        read_transactions(tmp_path / "none.csv", customer="a", day="b", amount=None, today=TODAY)


def test_single_purchases_and_equal_customers_get_no_figure(tmp_path: Path) -> None:
    """The command ends well and says why there is nothing; the customers' file has histories and no value."""
    singles = [(f"c{n}", str(date(2026, 1, 1) + timedelta(days=n)), "5") for n in range(50)]
    found = value(str(write(tmp_path / "singles.csv", singles)), *COLUMNS, "--output", str(tmp_path / "out.csv"))
    assert found["chosen"] is None
    assert found["fits"]["shrinkage"] == {
        "converged": False, "reason": "fewer than three intervals between orders", "customers": 50
    }  # fmt: skip
    assert pl.read_csv(tmp_path / "out.csv").columns == ["customer", "repeat_orders", "recency", "age"]
    equal = [(f"c{n}", f"2026-0{month}-01", "9.99") for n in range(150) for month in (1, 2, 3)]
    found = value(str(write(tmp_path / "equal.csv", equal)), *COLUMNS)
    assert found["chosen"] is None
    assert not any(fit["converged"] for fit in found["fits"].values())
    assert "nothing varies" in found["amounts"]["why_not_gamma_gamma"]


def test_what_the_data_cannot_tell_apart_gets_no_figure_and_a_sentence(tmp_path: Path) -> None:
    """Nobody leaves, and orders come more regularly than by chance: how many would leave, no such list can tell."""
    generator = np.random.default_rng(5)
    rows = []
    for number in range(400):
        at, rate = generator.uniform(0, 30), generator.gamma(1.2) / 40
        while at < 540:
            rows.append((f"c{number}", str(date(2024, 1, 1) + timedelta(days=int(at))), f"{20 + 7 * (number % 9)}.50"))
            at += generator.gamma(2) / (2 * rate)
    file, output = write(tmp_path / "shop.csv", rows), tmp_path / "out.csv"
    found = value(str(file), *COLUMNS, "--output", str(output))
    assert found["regime"] == "repeat"
    assert found["chosen"] is None
    for model in ("bg_nbd", "pareto_nbd"):
        assert found["fits"][model]["converged"] is False
        assert found["fits"][model]["reason"].startswith(("not identified", "no maximum"))
        assert not {"values", "log_likelihood"} & set(found["fits"][model])
    assert pl.read_csv(output).columns == ["customer", "repeat_orders", "recency", "age"]
    said = CliRunner().invoke(app, ["value", str(file), *COLUMNS], catch_exceptions=False).stdout
    assert said.count("no model converged: customers have no value here.") == 1
    assert "Ten customers worth most" not in said


def test_row_order_and_cents_change_what_they_may(tmp_path: Path) -> None:
    """Shuffled rows give the same bytes; cents give a hundredfold v and nothing else."""
    rows = shoppers(300)
    found = value(str(write(tmp_path / "a.csv", rows)), *COLUMNS)
    shuffled = [rows[place] for place in np.random.default_rng(2).permutation(len(rows))]
    assert value(str(write(tmp_path / "a.csv", shuffled)), *COLUMNS) == found
    cents = [(customer, day, f"{round(float(amount) * 100)}") for customer, day, amount in rows]
    other = value(str(write(tmp_path / "c.csv", cents)), *COLUMNS)
    assert other["fits"] == found["fits"]
    assert other["amounts"]["parameters"]["v"] == pytest.approx(found["amounts"]["parameters"]["v"] * 100, rel=1e-5)
    assert other["amounts"]["parameters"]["q"] == pytest.approx(found["amounts"]["parameters"]["q"], rel=1e-5)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--unit", "year"), "--unit: found 'year'; allowed: week, day, month"),
        (("--output", "out.docx"), "--output: found 'out.docx'"),
        (("--until", "2020-01-01"), "--until 2020-01-01: no order by then; the first is of 2026-01-01"),
    ],
)
def test_a_wrong_option_says_what_is_allowed(tmp_path: Path, arguments: tuple[str, ...], said: str) -> None:
    """Each in one line."""
    file = write(tmp_path / "rows.csv", [("a", "2026-01-01", "5"), ("a", "2026-02-01", "5")])
    with pytest.raises(Exception, match=said.replace("(", r"\(")):
        value(str(file), *COLUMNS, *arguments)

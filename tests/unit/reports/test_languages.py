"""Six languages: every text of ours has its words, every word its letters, and numbers and days the reader's form."""

from __future__ import annotations

import ast
import csv
import re
from datetime import UTC, date, datetime
from decimal import Decimal
from functools import cache

import pytest
from babel import Locale as BabelLocale
from PIL import ImageFont
from ruamel.yaml import YAML

from company.locale import Locale
from company.versions import CheckCounts
from dashboards import narrative
from dashboards.cash_answers import BUCKETS, LAYERS, OTHER_LAYERS
from dashboards.figures import paper, paper_bars
from dashboards.format import Display
from dashboards.method_words import CASH_LAYERS, CASH_METHODS, HORIZONS, STREAMS, VALUE_METHODS
from dashboards.queries.margins import STEPS as MARGIN_STEPS
from dashboards.reports.errors import OldNumbersError
from dashboards.reports.notices import ENDED
from dashboards.statements import SUBTOTALS
from dashboards.words import CATALOGUES, counted_words_of, form_of, languages, words_of

LANGUAGES = ("bg", "fa", "fi", "sv", "zh")
DASHBOARDS = CATALOGUES.parent
LETTERS = {
    "en": "Näkymä €1.2M −3,4 × ▲",
    "bg": "Щъркел жълт ѝ №",
    "fi": "Äkäslompolo öljy",
    "sv": "Åska ö ä",
    "zh": "净收入，达到万元",
    "fa": "گزارش هفتگی مدیران ۱۲۳۴۵۶۷۸۹۰٪٫٬",
}


def own_modules() -> list[list[ast.AST]]:
    """The modules whose texts reach mails and paper, and what pages say in the reader's language."""
    modules = ["answers.py", "cash_answers.py", "format.py", "layout.py", "narrative.py"]
    folders = ["alerts", "cards", "queries", "reports", "views"]
    paths = [DASHBOARDS / name for name in modules]
    paths += [path for folder in folders for path in (DASHBOARDS / folder).rglob("*.py")]
    return [list(ast.walk(ast.parse(path.read_text(encoding="utf-8")))) for path in paths]


def counted_texts() -> set[tuple[str, str]]:
    """Every text that counts something, of one and of many, as given to `say_count` or named just before it."""
    return {pair for nodes in own_modules() for pair in _counted_in(nodes)}


def _counted_in(nodes: list[ast.AST]) -> set[tuple[str, str]]:
    found = set()
    names: dict[str, str] = {}
    for node in nodes:
        target = node.targets[0] if isinstance(node, ast.Assign) else None
        if isinstance(node, ast.Assign) and isinstance(target, ast.Tuple) and isinstance(node.value, ast.Tuple):
            for name, value in zip(target.elts, node.value.elts, strict=False):
                if isinstance(name, ast.Name) and isinstance(value, ast.Constant):
                    names[f"{name.id} {node.lineno + 1}"] = str(value.value)
    for node in nodes:
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "say_count":
            pair = [
                part.value if isinstance(part, ast.Constant) else names[f"{part.id} {node.lineno}"]
                for part in node.args[:2]
                if isinstance(part, ast.Constant | ast.Name)
            ]
            found.add((str(pair[0]), str(pair[1])))
    return found


def own_texts() -> set[str]:
    """Every text that is said: the constants given to `say`, `kind` and `HeldError`, templates, shipped titles."""
    found: set[str] = set()
    for node in (node for nodes in own_modules() for node in nodes):
        if isinstance(node, ast.Call) and node.args and isinstance(node.args[0], ast.Constant):
            name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
            if name in {"say", "kind", "HeldError"} and isinstance(node.args[0].value, str):
                found.add(node.args[0].value)
    for path in (DASHBOARDS / "reports" / "templates").iterdir():
        found |= set(re.findall(r'say\("([^"]+)"', path.read_text(encoding="utf-8")))
    shipped = YAML(typ="safe").load((DASHBOARDS / "reports" / "shipped.yaml").read_text(encoding="utf-8"))
    for report in shipped.values():
        found |= {report["title"], *(section["title"] for section in report["sections"] if "title" in section)}
    for words in (BUCKETS, LAYERS, VALUE_METHODS, STREAMS, CASH_METHODS, CASH_LAYERS, HORIZONS, ENDED):
        found |= set(words.values())
    return found | {OTHER_LAYERS}


def test_the_languages_ship() -> None:
    """A catalogue that was not packed leaves a reader with English."""
    assert languages() == ("en", *LANGUAGES)


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_line_of_the_statements_has_its_words(language: str) -> None:
    """A company whose books hold prepayments must not find one English line in its Finnish balance sheet."""
    with (DASHBOARDS.parent / "seeds/reference/account_types.csv").open(encoding="utf-8", newline="") as file:
        lines = {row[name] for row in csv.DictReader(file) for name in ("statement_line", "cash_flow_line")}
    with (DASHBOARDS.parent / "seeds/reference/dunning_levels.csv").open(encoding="utf-8", newline="") as file:
        steps = {row["name"] for row in csv.DictReader(file)}
    totals = {name for _, name in SUBTOTALS} | {"Assets", "Liabilities and equity", "Change in cash"}
    assert ((lines - {""}) | steps | totals | {*MARGIN_STEPS.values()}) - set(words_of(language)) == set()


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_published_metric_has_its_words(language: str) -> None:
    """Any metric may be a card or an alert of somebody's own report."""
    labels = {
        metric["label"]
        for file in (DASHBOARDS.parent / "models" / "metrics").glob("*.yml")
        for metric in YAML(typ="safe").load(file.read_text(encoding="utf-8")).get("metrics", ())
        if "unit" in metric["config"]["meta"]
    }
    assert labels - set(words_of(language)) == set()


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_text_has_its_words(language: str) -> None:
    """One English sentence in a Persian mail, and the reader wonders what else was forgotten."""
    assert own_texts() - set(words_of(language)) == set()


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_translation_keeps_the_places(language: str) -> None:
    """A place that is lost loses a number; one that is misspelt stops the report."""
    for text, words in words_of(language).items():
        assert sorted(re.findall(r"{(\w+)}", words)) == sorted(re.findall(r"{(\w+)}", text)), text


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_text_that_counts_has_the_forms_of_the_language(language: str) -> None:
    """Bulgarian, Finnish and Swedish tell one from many; Chinese and Persian have one form, and only one is written."""
    forms = counted_words_of(language)
    assert counted_texts()
    assert {one for one, _ in counted_texts()} - set(forms) == set()
    for one, many in counted_texts():
        assert len(forms[one]) == (1 if language in {"zh", "fa"} else 2)
        for form in forms[one]:
            assert sorted(re.findall(r"{(\w+)}", form)) == sorted(re.findall(r"{(\w+)}", many)), one


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_rule_of_a_catalogue_is_the_rule_of_the_language(language: str) -> None:
    """CLDR tells for every count whether a language takes its singular; a catalogue must not tell otherwise."""
    rule, singular = form_of(language), BabelLocale.parse(language).plural_form
    has_two = language not in {"zh", "fa"}
    for count in range(1, 1200):
        assert rule(count) == int(has_two and singular(count) != "one")


@pytest.mark.parametrize(
    ("language", "one", "many"),
    [
        ("en_GB", "1 alert is firing.", "1,200 alerts are firing."),
        ("bg", "1 сигнал е активен.", "1\xa0200 сигнала са активни."),
        ("fi", "1 hälytys on päällä.", "1\xa0200 hälytystä on päällä."),
        ("sv", "1 larm är aktivt.", "1\xa0200 larm är aktiva."),
        ("zh", "1 个预警正在触发。", "1,200 个预警正在触发。"),
        ("fa", "1 هشدار فعال است.", "1,200 هشدار فعال است."),
    ],
)
def test_one_is_not_many(language: str, one: str, many: str) -> None:
    """'1 alerts are firing' tells a reader that nobody looks at these mails."""
    display = Display(Locale(language), "EUR")
    said = [display.say_count("{count} alert is firing.", "{count} alerts are firing.", count) for count in (1, 1200)]
    assert said == [one, many]


@pytest.mark.parametrize(
    ("language", "whole", "part"),
    [("en_GB", "1 hour", "1.5 hours"), ("bg", "1 час", "1,5 часа"), ("fi", "1 tunti", "1,5 tuntia"),
     ("sv", "1 timme", "1,5 timmar"), ("zh", "1 小时", "1.5 小时"), ("fa", "1 ساعت", "1.5 ساعت")],
)  # fmt: skip
def test_a_part_is_counted_as_many(language: str, whole: str, part: str) -> None:
    """A promise may be of one hour and a half."""
    display = Display(Locale(language), "EUR")
    assert [display.say_count("{count} hour", "{count} hours", hours) for hours in (1.0, 1.5)] == [whole, part]


def test_one_check_and_one_row_are_not_checks_and_rows() -> None:
    """'1 of 1 checks passed' on the page that asks for trust."""
    english = Display(Locale("en_GB"), "EUR")
    counts = CheckCounts(passed=1, warned=0, failed=0, not_covered=1)
    assert narrative.checked(counts, english) == "1 of 1 check passed, 1 is not covered by any source"
    assert OldNumbersError(1).said(english) == str(OldNumbersError(1)) == "the published numbers are older than 1 hour"


def test_a_day_is_one_day() -> None:
    english = Display(Locale("en_GB"), "EUR")
    assert [english.value(Decimal(days), "days") for days in ("1.2", "0", "54.4")] == ["1 day", "0 days", "54 days"]
    assert Display(Locale("fi"), "EUR").value(Decimal(1), "days") == "1 päivä"
    assert Display(Locale("fa", digits="native"), "EUR").value(Decimal(7), "days") == "۷ روز"


@cache
def font(family: str) -> ImageFont.FreeTypeFont:
    return ImageFont.truetype(str(paper.FONTS / f"{family.replace(' ', '')}-Regular.ttf"), 24)


def has_glyph(letter: str, families: tuple[str, ...]) -> bool:
    """Whether one of the fonts draws the letter as something other than its box for unknown ones."""
    return (
        any(bytes(font(family).getmask(letter)) != bytes(font(family).getmask("\ue123")) for family in families)
        or letter.isspace()
    )


@pytest.mark.parametrize("language", ["en", *LANGUAGES])
def test_the_shipped_fonts_have_every_letter(language: str) -> None:
    """A missing glyph is an empty box in front of the board."""
    months = BabelLocale.parse(language).months["format"]["abbreviated"].values()
    used = {*LETTERS[language], *"".join(months), *"".join(words_of(language).values())}
    used |= {*"".join("".join(forms) for forms in counted_words_of(language).values())}
    invisible = {"\u200c", "\u200e", "\u200f", "\u202f", "\xa0"}
    missing = {letter for letter in used - invisible if not has_glyph(letter, paper.families(language))}
    assert missing == set()


@pytest.mark.parametrize("language", ["bg", "zh", "fa"])
def test_charts_draw_the_letters(language: str) -> None:
    """The renderer drops what it has no font for without an error."""
    words = LETTERS[language]
    spec = paper_bars.ranked({words: Decimal(1)}, text=lambda _value: words)
    boxes = paper_bars.ranked({"\ue123" * len(words): Decimal(1)}, text=lambda _value: "\ue123" * len(words))
    assert paper.png(spec) != paper.png(boxes)


def test_persian_numbers_and_days_are_written_as_asked() -> None:
    """Persian digits with their own separators; days by the Solar Hijri calendar (30 June 2026 is 9 Tir 1405)."""
    native = Locale("fa", digits="native", dates="jalali")
    assert native.number(Decimal("1234567.5"), decimals=1) == "۱٬۲۳۴٬۵۶۷٫۵"
    assert native.percent(Decimal("0.123")) == "\u200e۱۲٫۳٪"
    assert native.day(date(2026, 6, 30)) == "۹ تیر ۱۴۰۵"
    assert native.day(date(2026, 3, 21)) == "۱ فروردین ۱۴۰۵"
    assert native.is_right_to_left
    plain = Locale("fa")
    assert plain.number(Decimal(1234567)) == "1,234,567"
    assert "2026" in plain.day(date(2026, 6, 30))


def test_a_sign_stands_left_of_its_number_in_a_line_from_right_to_left() -> None:
    """+5% that reads as 5%+ is taken for a typing error, and -5% for worse."""
    persian = Display(Locale("fa", digits="native"), "EUR")
    assert persian.change(Decimal(110), Decimal(100), "money") == "\u200e+۱۰٫۰٪"
    assert Display(Locale("en_GB"), "EUR").change(Decimal(110), Decimal(100), "money") == "+10.0%"


def test_a_negative_amount_keeps_its_sign_on_the_left_from_right_to_left() -> None:
    """A loss whose sign stands behind it is read as a dash."""
    assert Locale("fa").percent(Decimal("-0.123")) == "\u200e\u221212.3%"
    assert Locale("fi").number(-5) == "\u22125"
    assert Locale("en_GB").number(-5) == "-5"


def test_a_name_keeps_its_full_stop_behind_it_from_right_to_left() -> None:
    """ ".Ashdown Ceramics Sp. z o.o" is another company."""
    persian = Display(Locale("fa"), "EUR")
    assert persian.name("Ashdown Sp. z o.o.") == "\u200eAshdown Sp. z o.o.\u200e"
    assert persian.name("تهران") == "تهران"
    assert Display(Locale("en_GB"), "EUR").name("Acme Inc.") == "Acme Inc."


def test_a_month_and_a_moment_are_written_as_the_language_does() -> None:
    """Finnish "kesä 2026" is the summer; "28 11月 2026" is nobody's date."""
    assert Locale("fi").month(date(2026, 6, 1)) == "kesäkuu 2026"
    at = datetime(2026, 6, 30, 4, tzinfo=UTC)
    assert Locale("en_GB").moment(at, "Europe/Helsinki") == "30 Jun 2026, 07:00"
    assert Locale("zh").moment(at, "Europe/Helsinki") == "2026年6月30日 07:00"


def test_a_margin_in_percent_is_called_otherwise_than_one_in_money() -> None:
    """In Swedish "bruttoresultat" is money; a share of revenue is a "bruttomarginal"."""
    swedish = Display(Locale("sv"), "EUR")
    assert swedish.say("Gross margin") == "Bruttoresultat"
    assert swedish.say_as("ratio", "Gross margin") == "Bruttomarginal"
    assert swedish.say_as("elsewhere", "Gross margin") == "Bruttoresultat"


def test_sentences_are_joined_with_the_marks_of_the_language() -> None:
    """Latin commas and spaces between Chinese sentences read as a machine's work."""
    chinese, english = Display(Locale("zh"), "EUR"), Display(Locale("en_GB"), "EUR")
    parts = [narrative.Driver("Services", Decimal(600)), narrative.Driver("Goods", Decimal(-100))]
    why = narrative.explained(parts, "money", chinese)
    assert narrative.together([narrative.because("毛利上升。", why, chinese), "期间。"], chinese) == (
        "毛利上升：Services +€600，Goods \u2212€100。期间。"
    )
    assert narrative.together([narrative.because("It rose.", "a, b", english), "So."], english) == "It rose: a, b. So."
    assert narrative.compared("+8.1%", "vs prior year", chinese) == "同比 +8.1%"
    assert narrative.compared("+8.1%", "vs prior year", english) == "+8.1% vs prior year"


def test_digits_of_our_own_texts_are_the_readers() -> None:
    """Persian digits in a line and Latin ones in the next look like two reports."""
    assert Display(Locale("fa", digits="native"), "EUR").say("1–30 days late") == "۱ تا ۳۰ روز تأخیر"
    assert Display(Locale("fa"), "EUR").say("1–30 days late") == "1 تا 30 روز تأخیر"


def test_chinese_amounts_are_counted_in_ten_thousands() -> None:
    """182万 is what a reader says; 1.82M is what they have to convert."""
    chinese = Locale("zh_CN")
    assert chinese.compact_money(Decimal("1822800"), "EUR") == "€182万"
    assert chinese.compact_money(Decimal("5947.87"), "EUR") == "€5,948"
    assert Locale("en_GB").compact_money(Decimal("1822800"), "EUR") == "€1.82M"

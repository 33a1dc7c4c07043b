"""The keys by which companies are recognised, whatever people type. The macros themselves are run, in DuckDB."""

from pathlib import Path
from typing import Any

import duckdb
import jinja2
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

MACROS = Path(__file__).resolve().parents[2] / "macros" / "party_keys.sql"
ALPHABET = "abcxyzäöåßéññşğABCXYZÄÖ0123456789０９Ａｚ .,-&'’/()اكيىگپжЖ有限\u200c\u200b"
TYPED = st.text(alphabet=ALPHABET, max_size=40)
LABEL = st.text(alphabet="abcdefghijklmnopqrstuvwxyz0123456789-", min_size=1, max_size=12)


class Macros:
    """The project's macros without dbt: `adapter.dispatch` finds the default, `return` gives its text."""

    def __init__(self) -> None:
        environment = jinja2.Environment(autoescape=False)  # noqa: S701  # SQL, not HTML
        environment.globals["adapter"] = self
        environment.globals["return"] = lambda value: value
        self._module = environment.from_string(MACROS.read_text()).make_module()

    def dispatch(self, name: str) -> Any:
        return getattr(self._module, f"default__{name}")

    def sql(self, name: str, expression: str) -> str:
        return str(self.dispatch(name)(expression))


QUERIES = {name: Macros().sql(name, "$text") for name in ("name_words", "number_signs", "web_domain", "folded_text")}


def key(name: str, text: str) -> str | None:
    with duckdb.connect() as connection:
        row = connection.execute(f"select {QUERIES[name]}", {"text": text}).fetchone()
    assert row is not None
    return row[0]  # type: ignore[no-any-return]


@settings(deadline=None, max_examples=60)
@given(name=TYPED)
def test_the_words_of_a_name_are_their_own_words(name: str) -> None:
    """A key that changes when it is taken again would join a company to itself only sometimes."""
    words = key("name_words", name)
    assert words is not None
    assert key("name_words", words) == words
    assert words == " ".join(words.split())


@settings(deadline=None, max_examples=60)
@given(
    name=TYPED, left=st.sampled_from(["", " ", "  ", "(", '"']), right=st.sampled_from(["", " ", ",", ")", '"', "!"])
)
def test_a_name_is_the_same_shouted_padded_and_punctuated(name: str, left: str, right: str) -> None:
    """Sales types, finance registers: ACME, acme and " Acme, " are one company."""
    words = key("name_words", name)
    assert key("name_words", left + name + right) == words
    assert key("name_words", (key("folded_text", name) or "").upper()) == words


@settings(deadline=None, max_examples=60)
@given(number=st.text(alphabet="ABCXYZ0123456789", min_size=1, max_size=14), data=st.data())
def test_a_number_is_the_same_however_it_is_parted(number: str, data: st.DataObject) -> None:
    parted = "".join(data.draw(st.sampled_from(["", " ", "-", ".", "/", "\u200b"])) + sign for sign in number)
    assert key("number_signs", parted.lower()) == number


@settings(deadline=None, max_examples=60)
@given(
    labels=st.lists(LABEL.filter(lambda label: not label.startswith("www")), min_size=2, max_size=4),
    before=st.sampled_from(["", "www.", "http://", "https://www.", "HTTPS://WWW2.", "info@", "mailto://a@"]),
    after=st.sampled_from(["", "/", "/en?x=a.b", ":8080/x", "#top", "?q=1@2"]),
)
def test_a_domain_is_the_host_of_any_address(labels: list[str], before: str, after: str) -> None:
    host = ".".join(labels)
    assert key("web_domain", f" {before}{host}{after} ") == host


@pytest.mark.parametrize("text", ["", " ", "none", "n/a", "-", "acme", "a b.example", "http://", "@", "..", "a..b"])
def test_what_is_no_address_has_no_domain(text: str) -> None:
    """`none` typed into a thousand accounts must not make them one company."""
    assert key("web_domain", text) is None


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("ＡＢＣ　１２（北）", "abc 12 北"),
        ("شركة النور", "شرکة النور"),  # Arabic and Persian kaf
        ("مؤسسة علي", "مؤسسة على"),  # yeh with and without dots
        ("إيران", "ايران"),
        ("نـــور", "نور"),  # lengthening strokes
        ("می\u200cخواهم", "میخواهم"),  # zero-width non-joiner
        ("Acme\u00a0\u200fOy", "acme oy"),
        ("۱۲ ٣", "12 3"),
        ("Cafe\u0301", "café"),  # composed and decomposed
    ],
)
def test_scripts_have_one_form(one: str, other: str) -> None:
    """Two keyboards write one name in different signs that look alike; each system has one of them."""
    assert key("name_words", one) == key("name_words", other)


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("北京水泵有限责任公司", "北京水泵 有限责任公司"),
        ("北京水泵股份有限公司", "北京水泵 股份有限公司"),
        ("株式会社東京ポンプ", "株式会社 東京ポンプ"),
        ("주식회사펌프", "주식회사 펌프"),
    ],
)
def test_a_legal_form_written_onto_the_name_is_a_word(name: str, words: str) -> None:
    """Chinese and Japanese part no words: the form would stay in the name, and differ between two systems."""
    assert key("name_words", name) == words

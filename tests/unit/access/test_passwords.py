"""Guessing: what it costs, what it tells, and secrets that may not be guessed (T21, T25)."""

from __future__ import annotations

import statistics
import time
from concurrent.futures import ThreadPoolExecutor

import pytest
from guarded_company import PASSWORD, SECRET, SIGN_IN, Company
from pydantic import SecretStr

from company.settings import SignIn
from dashboards.access import accounts, audit, sessions
from dashboards.access.accounts import AccountError
from dashboards.app import ServerRefusedError, check_start


def test_after_five_wrong_guesses_the_right_one_is_not_looked_at(company: Company) -> None:
    """Ten thousand guesses must not be ten thousand chances."""
    browser = company.browser()
    statuses = [browser.sign_in("sam@example.com", f"wrong number {n}").status for n in range(8)]
    assert statuses == [401] * 5 + [429] * 3
    assert browser.sign_in("sam@example.com", PASSWORD).status == 429
    company.clock.forward(minutes=16)
    assert browser.sign_in("sam@example.com", PASSWORD).status == 303


def test_guesses_that_come_at_once_do_not_all_pass(company: Company) -> None:
    """Counted before they are looked at: a burst finds the door as closed as a queue does."""
    folders = company.read().folders

    def guess(_: int) -> bool:
        return sessions.may_try(folders, email="sam@example.com", address="203.0.113.7", now=company.clock())

    with ThreadPoolExecutor(16) as pool:
        passed = sum(pool.map(guess, range(200)))
    assert passed == sessions.MOST_PER_PAIR


def test_many_addresses_guess_no_more_than_one_account_allows(company: Company) -> None:
    folders, now = company.read().folders, company.clock()
    passed = sum(
        sessions.may_try(folders, email="sam@example.com", address=f"198.51.100.{n}", now=now) for n in range(100)
    )
    assert passed == sessions.MOST_PER_ACCOUNT


def test_one_address_guesses_no_more_than_it_may_over_many_accounts(company: Company) -> None:
    """One password tried at everybody."""
    folders, now = company.read().folders, company.clock()
    passed = sum(
        sessions.may_try(folders, email=f"user{n}@example.com", address="203.0.113.7", now=now) for n in range(100)
    )
    assert passed == sessions.MOST_PER_ADDRESS


def test_somebody_elses_guesses_do_not_lock_out_the_owner(company: Company) -> None:
    """Five wrong guesses from one place close that place, not the account."""
    attacker = company.browser(client="198.51.100.1")
    assert [attacker.sign_in("sam@example.com", "wrong wrong wrong").status for _ in range(6)][-1] == 429
    assert company.browser().sign_in("sam@example.com", PASSWORD).status == 303


def test_a_stranger_and_a_wrong_password_get_the_same_answer(company: Company) -> None:
    """Who has an account is nobody's business."""
    wrong = company.browser().sign_in("sam@example.com", "not the password")
    stranger = company.browser(client="203.0.113.8").sign_in("nobody@example.com", "not the password")
    assert (wrong.status, wrong.body) == (stranger.status, stranger.body)


def test_a_stranger_costs_as_much_time_as_a_wrong_password(company: Company) -> None:
    """Half the time would tell who has an account."""
    people = company.accounts

    def seconds(email: str) -> float:
        began = time.process_time()
        people.check_password(email, "not the password")
        return time.process_time() - began

    seconds("sam@example.com")
    known = statistics.median(seconds("sam@example.com") for _ in range(7))
    unknown = statistics.median(seconds("nobody@example.com") for _ in range(7))
    assert 0.6 < known / unknown < 1.6


@pytest.mark.parametrize("twin", ["sаm@example.com", "ｓam@example.com", "sam@example.com\u200b", "sam@exampIe.com"])
def test_an_address_that_only_looks_like_anothers_is_a_stranger(company: Company, twin: str) -> None:
    """Cyrillic а, full-width s, a blank of no width, a capital I for an l."""
    assert company.browser().sign_in(twin, PASSWORD).status == 401


def test_the_case_of_an_address_does_not_matter(company: Company) -> None:
    assert company.browser().sign_in("Sam@Example.com", PASSWORD).status == 303


def test_every_way_in_and_every_refusal_is_in_the_log(company: Company) -> None:
    company.browser().sign_in("sam@example.com", "wrong wrong wrong")
    company.browser().sign_in("forged\r\n2026 eve@example.com sign_in done", "wrong wrong wrong")
    events = audit.read(company.read().folders, action="sign_in")
    assert len(events) == 2
    assert all(event.outcome == "wrong password or unknown" for event in events)
    assert audit.verify(company.read().folders).faults == ()


@pytest.mark.parametrize("password", ["short", "aaaaaaaaaaaaaaaa", "x" * 2000, ""])
def test_a_password_that_can_be_guessed_is_not_taken(company: Company, password: str) -> None:
    with pytest.raises(AccountError):
        company.accounts.add("rita@example.com", password, now=company.clock())
    assert "rita@example.com" not in [account.email for account in company.accounts.all()]


def test_no_password_and_no_token_can_be_read_back(company: Company) -> None:
    """Whoever carries the database away has hashes."""
    token = company.token("sam@example.com")
    company.browser().sign_in("sam@example.com", PASSWORD)
    kept = b"".join(path.read_bytes() for path in company.read().folders.app.glob("app.sqlite*"))
    assert PASSWORD.encode() not in kept
    assert token.encode() not in kept
    assert b"$argon2id$" in kept


@pytest.mark.parametrize(
    "secret",
    ["", "changeme", "x" * 64, "abcabcabcabcabcabcabcabcabcabcabcabc", "please-changeme-please-changeme-1234567890",
     "the-shipped-example-secret-of-plumbline-0001", SECRET[:31]],
)  # fmt: skip
def test_a_secret_that_can_be_guessed_stops_the_server(company: Company, secret: str) -> None:
    """Superset's default key was a way into thousands of companies."""
    sign_in = SignIn(address="https://x.example", secret=SecretStr(secret))
    settings = company.read().model_copy(update={"sign_in": sign_in})
    with pytest.raises(sessions.WeakSecretError, match=r"sign_in\.secret.*token_urlsafe") as refusal:
        check_start(settings, "127.0.0.1")
    assert not secret or secret not in str(refusal.value)


def test_a_good_secret_starts_it(company: Company) -> None:
    check_start(company.read(), "0.0.0.0")  # noqa: S104 - the proxy's side is what sign-in is for


@pytest.mark.parametrize("address", ["0.0.0.0", "", "::", "10.1.2.3", "numbers.example.com"])  # noqa: S104
def test_without_sign_in_the_server_listens_on_this_machine_alone(company: Company, address: str) -> None:
    company.change(SIGN_IN, "")
    check_start(company.read(), "127.0.0.1")
    with pytest.raises(ServerRefusedError, match="sign_in"):
        check_start(company.read(), address)


def test_a_crowd_of_guessers_does_not_take_the_machines_memory() -> None:
    """A hash takes 64 MB on purpose; two at once are the most."""
    assert accounts._AT_ONCE._value == 2

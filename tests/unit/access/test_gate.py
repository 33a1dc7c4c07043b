"""Who is let in, and that whoever is out stays out: sign-in, sessions, origins (T18, T22, T23, T24, T26, T35)."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from guarded_company import PASSWORD, SIGN_IN, Clock, Company
from served import ADDRESS, Browser, another_signature

from dashboards.access import audit, sessions

SignedIn = Callable[..., Browser]
INSIDE = ("/", "/sql", "/administration", "/media/0123.csv", "/_stcore/host-config", "/static/js/index.js", "/x.py")


@pytest.mark.parametrize("path", INSIDE)
def test_a_stranger_gets_nothing_of_the_inside(company: Company, path: str) -> None:
    """Every route is closed unless it is on the short list of the open ones."""
    answer = company.browser().get(path)
    assert answer.status == 303
    assert answer.headers["location"].startswith("/login?next=")
    assert company.browser().get(path, accept="application/json").status == 401


@pytest.mark.parametrize("path", ["/_stcore/metrics", "/_stcore/agent/openapi.json", "/_stcore/script-health-check"])
def test_routes_that_tell_of_the_server_are_nobodys(company: Company, signed_in: SignedIn, path: str) -> None:
    """Memory, sessions and routes are where the next attack starts."""
    assert company.browser().get(path).status == 404
    assert signed_in("eve@example.com").get(path).status == 404


def test_health_says_that_the_server_is_up_and_nothing_else(company: Company) -> None:
    """A proxy asks by the machine's own name; what answers is Streamlit's `ok`."""
    assert company.browser(host="10.0.0.5:8501").get("/_stcore/health").status == 200


def test_the_sign_in_page_loads_nothing_and_runs_nothing(company: Company) -> None:
    answer = company.browser().get('/login?next="><script>alert(1)</script>')
    assert "<script" not in answer.text
    assert "default-src 'none'" in answer.headers["content-security-policy"]
    assert "frame-ancestors 'none'" in answer.headers["content-security-policy"]
    assert "Northern Pumps" in answer.text


def test_a_session_cookie_is_out_of_reach_of_scripts_and_other_sites(company: Company) -> None:
    set_cookie = company.browser().sign_in("sam@example.com", PASSWORD).headers["set-cookie"].lower()
    assert {"httponly", "secure", "samesite=lax", "path=/"} <= {part.strip() for part in set_cookie.split(";")}


def test_who_signed_in_is_let_in_and_the_log_says_so(company: Company, signed_in: SignedIn) -> None:
    assert signed_in().get("/sql").status == 200
    (event,) = audit.read(company.read().folders, action="sign_in")
    assert (event.actor, event.outcome, event.subject) == ("sam@example.com", "done", "password")


@pytest.mark.parametrize(
    "wanted", ["//evil.example", "/\\evil.example", "https://evil.example", "javascript:alert(1)", "/logout", "/a\r\nb"]
)
def test_signing_in_leads_to_no_other_site(company: Company, wanted: str) -> None:
    """A link in a mail must not hand a reader who just signed in to somebody's copy of the page."""
    assert company.browser().sign_in("sam@example.com", PASSWORD, wanted).headers["location"] == "/"


def test_signing_in_leads_to_the_page_that_was_asked_for(company: Company) -> None:
    wanted = "/margins?period=Year&region=North"
    assert company.browser().sign_in("sam@example.com", PASSWORD, wanted).headers["location"] == wanted


class TestADeadSession:
    """Dead at once, whoever holds the cookie."""

    def test_after_sign_out(self, company: Company, signed_in: SignedIn) -> None:
        browser = signed_in()
        stolen = company.browser(cookie=browser.cookie)
        assert browser.post("/logout").status == 303
        assert stolen.get("/").status == 303

    def test_after_a_password_was_changed(self, company: Company, signed_in: SignedIn) -> None:
        browser = signed_in()
        sessions.end_all(company.read().folders, "sam@example.com", now=company.clock())
        assert browser.get("/").status == 303

    def test_after_its_owner_was_shut_out(self, company: Company, signed_in: SignedIn) -> None:
        browser = signed_in()
        company.accounts.disable("sam@example.com", now=company.clock())
        assert browser.get("/").status == 303
        assert company.browser().sign_in("sam@example.com", PASSWORD).status == 401

    def test_after_its_owner_left_plumbline_yaml(self, company: Company, signed_in: SignedIn) -> None:
        browser = signed_in()
        company.change("  - {email: sam@example.com, roles: [sales_lead]}\n", "")
        assert browser.get("/").status == 303
        assert company.browser().sign_in("sam@example.com", PASSWORD).status == 401

    def test_after_eight_idle_hours_and_not_before(self, clock: Clock, signed_in: SignedIn) -> None:
        browser = signed_in()
        clock.forward(hours=7.9)
        assert browser.get("/").status == 200
        clock.forward(hours=7.9)
        assert browser.get("/").status == 200
        clock.forward(hours=8.1)
        assert browser.get("/").status == 303

    def test_after_a_week_however_busy(self, clock: Clock, signed_in: SignedIn) -> None:
        browser = signed_in()
        for _ in range(7 * 4):
            assert browser.get("/").status == 200
            clock.forward(hours=6)
        clock.forward(minutes=1)
        assert browser.get("/").status == 303

    def test_on_an_open_page_at_the_next_click(self, company: Company, signed_in: SignedIn) -> None:
        """A page that was opened before must not go on answering."""
        browser = signed_in()
        out = company.browser(cookie=browser.cookie)
        sent = browser.open(["first click", lambda: _in_thread(lambda: out.post("/logout")), "second click"])
        texts = [message.get("text") for message in sent if message["type"] == "websocket.send"]
        assert texts == ["first click"]
        assert sent[-1]["type"] == "websocket.close"


def _in_thread(work: Callable[[], object]) -> None:
    from threading import Thread

    thread = Thread(target=work)  # another browser: this one's event loop is waiting
    thread.start()
    thread.join()


def test_a_session_that_was_planted_before_sign_in_stays_worthless(company: Company) -> None:
    """Fixation: an attacker who sets a victim's cookie must not share the session that follows."""
    planted = company.browser()
    planted.sign_in("sam@example.com", PASSWORD)
    victim = company.browser(cookie=planted.cookie)
    victim.sign_in("eve@example.com", PASSWORD)
    assert victim.cookie != planted.cookie
    assert planted.get("/").status == 303, "the planted one has ended"
    assert victim.get("/").status == 200


@pytest.mark.parametrize("spoil", [another_signature, lambda c: c.split(".")[0], lambda _: "x" * 600, lambda _: ""])
def test_a_cookie_that_was_made_up_opens_nothing(
    company: Company, signed_in: SignedIn, spoil: Callable[[str], str]
) -> None:
    assert company.browser(cookie=spoil(signed_in().cookie)).get("/").status == 303


def test_two_companies_that_share_a_secret_refuse_each_others_cookies(
    company: Company, signed_in: SignedIn, tmp_path: object
) -> None:
    """A secret copied from one server to the next must not carry sessions over."""
    cookie = signed_in().cookie
    name, _, signature = cookie.rpartition(".")
    other = sessions.Sessions(type(company.read().folders)(company.file.parent / "other"), company.read().sign_in)  # type: ignore[arg-type]
    assert other.find(cookie, now=company.clock()) is None
    assert other._signer.sign(name).decode().rpartition(".")[2] != signature


@pytest.mark.parametrize(
    "origin",
    ["https://evil.example", "null", None, "https://numbers.example.com.evil.example", f"{ADDRESS}:8443",
     "http://numbers.example.com", "https://evil.example/https://numbers.example.com"],
)  # fmt: skip
def test_a_websocket_from_elsewhere_is_refused(company: Company, signed_in: SignedIn, origin: str | None) -> None:
    """Another site must not speak through a reader's browser, and no program without an origin behind a proxy."""
    browser = signed_in()
    browser.origin = origin
    assert [message["type"] for message in browser.open(["hello"])] == ["websocket.close"]
    assert browser.post("/_stcore/upload_file/x").status == 403


def test_a_websocket_of_a_stranger_is_refused_whatever_its_headers_say(company: Company) -> None:
    forged = {"x-plumbline-reader": "eve@example.com", "x-forwarded-user": "eve@example.com"}
    sent = company.browser(more=forged).open(["hello"])
    assert [message["type"] for message in sent] == ["websocket.close"]


def test_another_host_name_is_refused(company: Company, signed_in: SignedIn) -> None:
    """A name of the attacker's that is pointed at this server must not be taken for it."""
    browser = signed_in()
    browser.host = "evil.example"
    assert browser.get("/").status == 400


def test_looking_at_the_way_out_signs_nobody_out(company: Company, signed_in: SignedIn) -> None:
    """A picture on another site whose address is /logout changes nothing."""
    browser = signed_in()
    assert browser.get("/logout").status == 200
    assert browser.get("/").status == 200


def test_a_broken_settings_file_leaves_the_last_good_one_in_force(company: Company, signed_in: SignedIn) -> None:
    """A slip in plumbline.yaml must not open the door, nor shut everybody out."""
    browser = signed_in()
    company.file.write_text("company: [", encoding="utf-8")
    assert browser.get("/").status == 200
    assert company.browser().get("/").status == 303


class TestWithoutSignIn:
    """Demo: this machine only, whatever address the server was started on."""

    @pytest.fixture
    def local(self, company: Company) -> Browser:
        company.change(SIGN_IN, "")
        return company.browser(host="localhost:8501", origin="http://localhost:8501", client="127.0.0.1")

    def test_this_machine_is_answered(self, local: Browser) -> None:
        assert local.get("/").status == 200
        assert local.open(["hello"])[-1]["text"] == "hello"
        assert local.get("/login").headers["location"] == "/"

    @pytest.mark.parametrize(
        "change",
        [{"client": "203.0.113.7"}, {"client": "10.0.0.2"}, {"more": {"x-forwarded-for": "203.0.113.7"}},
         {"more": {"forwarded": "for=203.0.113.7"}}, {"host": "rebound.evil.example:8501"}, {"host": ""}],
    )  # fmt: skip
    def test_nobody_else_is(self, local: Browser, change: dict[str, object]) -> None:
        """Not another machine, not a proxy, not a name that an attacker points at 127.0.0.1."""
        for name, value in change.items():
            setattr(local, name, value)
        assert local.get("/").status == 403
        assert "sign_in" in local.get("/").text

    def test_a_page_of_another_site_is_refused(self, local: Browser) -> None:
        local.origin = "https://evil.example"
        assert [message["type"] for message in local.open(["hello"])] == ["websocket.close"]
        assert local.post("/_stcore/upload_file/x").status == 403

    def test_the_server_does_not_tell_of_itself(self, local: Browser) -> None:
        assert local.get("/_stcore/metrics").status == 404

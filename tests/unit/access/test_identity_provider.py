"""Sign-in through the company's own provider, against one that speaks OpenID Connect on the loopback address."""

from __future__ import annotations

import base64
import hashlib
import json
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from guarded_company import SIGN_IN, Company
from joserfc import jwt
from joserfc.jwk import RSAKey
from served import ADDRESS, Browser

from dashboards.access import audit, signin

KEY = RSAKey.generate_key(2048, {"kid": "k1"})
CLIENT, CLIENT_SECRET = "plumbline", "the-clients-own-secret"


class Provider:
    """Signs in whoever `claims` says; what it was asked is kept."""

    def __init__(self) -> None:
        self.claims: dict[str, Any] = {}
        self.key = KEY
        self.asked: dict[str, str] = {}
        self.tokens: list[dict[str, str]] = []
        provider = self

        class Handler(BaseHTTPRequestHandler):
            def log_message(self, *_: object) -> None:
                return

            def do_GET(self) -> None:
                answers: dict[str, Any] = {
                    "/.well-known/openid-configuration": {
                        "issuer": provider.address,
                        "authorization_endpoint": f"{provider.address}/authorize",
                        "token_endpoint": f"{provider.address}/token",
                        "jwks_uri": f"{provider.address}/keys",
                        "id_token_signing_alg_values_supported": ["RS256"],
                        "response_types_supported": ["code"],
                        "subject_types_supported": ["public"],
                    },
                    "/keys": {"keys": [KEY.as_dict(private=False)]},
                }
                self._answer(answers[self.path])

            def do_POST(self) -> None:
                form = parse_qs(self.rfile.read(int(self.headers["content-length"])).decode())
                provider.tokens.append({name: values[0] for name, values in form.items()})
                self._answer({"access_token": "a", "token_type": "Bearer", "id_token": provider.id_token()})

            def _answer(self, content: Any) -> None:
                body = json.dumps(content).encode()
                self.send_response(200)
                self.send_header("content-type", "application/json")
                self.send_header("content-length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.address = f"http://127.0.0.1:{self.server.server_port}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def id_token(self) -> str:
        now = int(time.time())
        claims = {
            "iss": self.address, "aud": CLIENT, "sub": "1", "iat": now, "exp": now + 300,
            "nonce": self.asked["nonce"], **self.claims,
        }  # fmt: skip
        return jwt.encode({"alg": "RS256", "kid": "k1"}, claims, self.key)


@pytest.fixture
def provider() -> Iterator[Provider]:
    provider = Provider()
    signin._client.cache_clear()
    yield provider
    provider.server.shutdown()
    provider.server.server_close()


@pytest.fixture
def company(company: Company, provider: Provider) -> Company:
    oidc = f'{{issuer: "{provider.address}", client_id: {CLIENT}, client_secret: {CLIENT_SECRET}}}'
    company.change(SIGN_IN, SIGN_IN.rstrip().removesuffix("}") + f", passwords: false, oidc: {oidc}}}\n")
    return company


def through(company: Company, provider: Provider, *, state: str | None = None, **claims: Any) -> tuple[Browser, Any]:
    """One reader's way: to the provider, and back with its code."""
    browser = company.browser()
    away = browser.get("/oidc/login?next=/margins")
    assert away.status == 302
    provider.asked = {name: values[0] for name, values in parse_qs(urlsplit(away.headers["location"]).query).items()}
    provider.claims = {"email": "sam@example.com", "email_verified": True, **claims}
    kept = away.headers["set-cookie"].split(";")[0]
    code = f"/oidc/callback?code=c&state={state or provider.asked['state']}"
    answer = browser.get(code, cookie=kept)
    found = [part for part in answer.headers.get("set-cookie", "").split(";") if "plumbline_session=" in part]
    browser.cookie = found[0].partition("plumbline_session=")[2] if found else ""
    return browser, answer


def test_who_the_provider_has_verified_is_let_in(company: Company, provider: Provider) -> None:
    browser, answer = through(company, provider)
    assert answer.headers["location"] == "/margins"
    assert browser.get("/").status == 200
    event = audit.read(company.read().folders, action="sign_in", count=1)[0]
    assert (event.actor, event.subject, event.outcome) == ("sam@example.com", "oidc", "done")


def test_the_request_is_bound_to_this_browser(company: Company, provider: Provider) -> None:
    """State against planted answers, nonce against replayed tokens, PKCE against stolen codes."""
    through(company, provider)
    asked, token = provider.asked, provider.tokens[0]
    assert asked["redirect_uri"] == token["redirect_uri"] == f"{ADDRESS}/oidc/callback"
    assert len(asked["nonce"]) > 15
    assert asked["code_challenge_method"] == "S256"
    digest = hashlib.sha256(token["code_verifier"].encode()).digest()
    assert asked["code_challenge"] == base64.urlsafe_b64encode(digest).rstrip(b"=").decode()


@pytest.mark.parametrize(
    "claims",
    [
        {"email_verified": False},
        {"email_verified": "true"},
        {"email": "stranger@example.com"},
        {"email": "ſam@example.com"},
        {"email": ""},
    ],
)
def test_who_is_not_listed_or_not_verified_stays_out(
    company: Company, provider: Provider, claims: dict[str, Any]
) -> None:
    """Anybody may call themselves sam@example.com at a provider that does not check; ſ is a letter like s."""
    browser, answer = through(company, provider, **claims)
    assert answer.status == 403
    assert browser.get("/").status == 303


@pytest.mark.parametrize(
    "claims", [{"nonce": "another"}, {"aud": "another-client"}, {"iss": "https://evil.example"}, {"exp": 1}]
)
def test_a_token_that_is_not_for_this_sign_in_is_refused(
    company: Company, provider: Provider, claims: dict[str, Any]
) -> None:
    browser, answer = through(company, provider, **claims)
    assert answer.status == 401
    assert browser.get("/").status == 303
    assert CLIENT_SECRET not in answer.text


def test_a_token_signed_by_somebody_else_is_refused(company: Company, provider: Provider) -> None:
    provider.key = RSAKey.generate_key(2048, {"kid": "k1"})
    assert through(company, provider)[1].status == 401


def test_an_answer_with_another_state_is_refused(company: Company, provider: Provider) -> None:
    """An attacker's own code must not sign a victim in as the attacker."""
    assert through(company, provider, state="planted")[1].status == 401
    assert provider.tokens == []


def test_whoever_is_shut_out_stays_out_whatever_the_provider_says(company: Company, provider: Provider) -> None:
    company.accounts.disable("sam@example.com", now=company.clock())
    assert through(company, provider)[1].status == 403


def test_a_provider_that_is_down_is_told_in_words(company: Company, provider: Provider) -> None:
    provider.server.shutdown()
    provider.server.server_close()
    answer = company.browser().get("/oidc/login")
    assert answer.status == 502
    assert "does not answer" in answer.text


def test_without_passwords_no_form_asks_for_one(company: Company) -> None:
    browser = company.browser()
    assert 'type="password"' not in browser.get("/login").text
    assert browser.sign_in("eve@example.com", "correct horse battery").status == 400

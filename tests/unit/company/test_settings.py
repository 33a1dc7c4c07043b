"""plumbline.yaml is read once, and every mistake in it is told by path, found and allowed."""

from __future__ import annotations

from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from company.errors import SettingsError
from company.settings import Settings, load_settings
from company.source_settings import NetsuiteSource

WHOLE = """
company:
  name: Acme
  reporting_currency: EUR
  time_zone: Europe/Helsinki
  calendar: {kind: months, first_month: 1}
  entities:
    - {id: FI01, name: Acme Oy, currency: EUR, country: FI}
    - {id: NO01, name: Acme AS, currency: NOK, country: NO}
sources:
  erp: {kind: files, folder: drop/erp, mapping: mappings/erp.yaml}
roles:
  executive: {pages: all, domains: all, export: true}
  lead: {pages: [sales], domains: [common, sales], rows: [{column: region, equals: user.region}], hide: ["*.cost_rpt"]}
users:
  - {email: ann@x.io, roles: [executive]}
  - {email: bo@x.io, roles: [lead], attributes: {region: north}}
reports:
  weekly: {schedule: "0 7 * * 1", recipients: [ann@x.io], attachments: [pdf]}
mail: {host: localhost, port: 2525, security: none, sender: "Plumbline <p@x.io>"}
checks: {receivables_tie_to_ledger: warn}
"""


def read(folder: Path, text: str, environ: dict[str, str] | None = None) -> Settings:
    (folder / "plumbline.yaml").write_text(text, encoding="utf-8")
    return load_settings(folder / "plumbline.yaml", environ or {})


def faults(folder: Path, text: str, environ: dict[str, str] | None = None) -> list[str]:
    with pytest.raises(SettingsError) as raised:
        read(folder, text, environ)
    return str(raised.value).splitlines()


def test_a_whole_file_is_read(tmp_path: Path) -> None:
    settings = read(tmp_path, WHOLE)
    assert settings.company.reporting_currency == "EUR"
    assert [entity.country for entity in settings.company.entities] == ["FI", "NO"]
    assert settings.sources["erp"].folder == tmp_path / "drop" / "erp"
    assert settings.folders.landing == tmp_path / "data" / "landing"
    assert settings.publish.keep == 5
    assert settings.mail is not None
    assert settings.mail.port == 2525


def test_a_company_without_entities_is_one_entity_in_its_reporting_currency(tmp_path: Path) -> None:
    settings = read(tmp_path, "company: {name: Acme, reporting_currency: SEK}")
    assert [(e.id, e.name, e.currency) for e in settings.company.entities] == [("main", "Acme", "SEK")]


BAD = [
    (
        "FI01, name: Acme Oy, currency: EUR",
        "FI01, name: Acme Oy, currency: EURO",
        "company.entities.0.currency: found 'EURO'; allowed: an ISO 4217 code such as EUR",
    ),
    (
        "country: NO",
        "country: Norway",
        "company.entities.1.country: found 'Norway'; allowed: an ISO 3166-1 code of two letters such as FI",
    ),
    ("id: NO01", "id: FI01", "company.entities: 'FI01' is given twice"),
    (
        "time_zone: Europe/Helsinki",
        "time_zone: Helsinki",
        "company.time_zone: found 'Helsinki'; allowed: a time zone such as Europe/Helsinki",
    ),
    (
        "time_zone: Europe/Helsinki",
        "as_of: 20260630",
        "company.as_of: found 20260630; allowed: a date such as 2026-06-30",
    ),
    (
        "time_zone: Europe/Helsinki",
        "as_of: 2026-02-30",
        "company.as_of: found '2026-02-30'; allowed: a date such as 2026-06-30",
    ),
    (
        "time_zone: Europe/Helsinki",
        "locale: en_XX_YY",
        "company.locale: found 'en_XX_YY'; allowed: a language and region such as en_GB",
    ),
    ("kind: months", "kind: lunar", "company.calendar.kind: found 'lunar'; allowed: months, 4-4-5 or jalali"),
    (
        "first_month: 1",
        "first_month: 13",
        "company.calendar.first_month: found 13; allowed: a whole number from 1 to 12",
    ),
    (
        "first_month: 1",
        "first_month: true",
        "company.calendar.first_month: found True; allowed: a whole number from 1 to 12",
    ),
    ("folder: drop/erp", "folder: 7", "sources.erp.folder: found 7; allowed: a folder path"),
    ("folder: drop/erp, ", "", "sources.erp.folder: missing; allowed: a folder path"),
    ("folder: drop/erp", "foldr: drop/erp", "sources.erp.foldr: unknown setting; did you mean folder?"),
    (
        "kind: files",
        "kind: sap",
        "sources.erp.kind: found 'sap'; allowed: files, postgresql, salesforce, hubspot, netsuite, erpnext, odoo,"
        " quickbooks",
    ),
    ("kind: files, ", "", "sources.erp.kind: missing; it says what the other settings mean"),
    (
        "erp: {kind",
        "ERP 2: {kind",
        "sources.ERP 2: found the name 'ERP 2'; allowed: a name of small letters, digits and _",
    ),
    (
        "domains: all",
        "domains: [finances]",
        "roles.executive.domains: found 'finances'; allowed: all, or a list of common, sales, finance, customers,"
        " operations",
    ),
    (
        'hide: ["*.cost_rpt"]',
        "hide: [cost_rpt]",
        "roles.lead.hide: found 'cost_rpt'; allowed: table.column or domain.table.column, * stands for any",
    ),
    ("export: true", "export: perhaps", "roles.executive.export: found 'perhaps'; allowed: true or false"),
    (
        "ann@x.io, roles: [executive]",
        "ann@x.io, roles: [boss]",
        "users.0.roles: found 'boss'; allowed: executive, lead",
    ),
    ("email: ann@x.io", "email: ann", "users.0.email: found 'ann'; allowed: an e-mail address"),
    ("email: ann@x.io", "email: BO@x.io", "users: 'bo@x.io' is given twice"),
    ("{region: north}", "{area: north}", "users.1.attributes.region: missing; the role lead filters rows by it"),
    ("0 7 * * 1", "monday", "reports.weekly.schedule: found 'monday'; allowed: five cron fields such as \"0 7 * * 1\""),
    (
        "attachments: [pdf]",
        "attachments: [doc]",
        "reports.weekly.attachments.0: found 'doc'; allowed: pdf, xlsx or csv",
    ),
    (
        "recipients: [ann@x.io]",
        "recipients: [role:lead, role:boss]",
        "reports.weekly.recipients.1: found 'role:boss'; allowed: role:executive, role:lead",
    ),
    (
        "checks: {",
        "alerts: {low: {kind: forecast}}\nchecks: {",
        "alerts.low: found no `below`; allowed: the least amount of cash",
    ),
    ("port: 2525", "port: 99999", "mail.port: found 99999; allowed: a port number from 1 to 65535"),
    ("security: none", "security: ssl", "mail.security: found 'ssl'; allowed: starttls, tls or none"),
    ("_ledger: warn", "_ledger: ignore", "checks.receivables_tie_to_ledger: found 'ignore'; allowed: block or warn"),
    ("checks: {", "publish: {keep: 0}\nchecks: {", "publish.keep: found 0; allowed: a whole number of 1 or more"),
    ("checks: {", "promise: 5\nchecks: {", "promise: found 5; allowed: a mapping of max_age_hours"),
    (
        "kind: files",
        "kind: files, ids_of: erb",
        "sources.erp.ids_of: found 'erb'; allowed: none: there is no other source",
    ),
    (
        "sources:\n",
        "sources:\n  plan: {kind: files, folder: drop/plan, ids_of: plan}\n",
        "sources.plan.ids_of: found 'plan'; allowed: erp",
    ),
    (
        "checks: {",
        "cash: {minimum_balance: {SE01: 5}}\nchecks: {",
        "cash.minimum_balance.SE01: no such legal entity; allowed: FI01, NO01",
    ),
    (
        "checks: {",
        "cash: {minimum_balance: {FI01: much}}\nchecks: {",
        "cash.minimum_balance.FI01: found 'much'; allowed: an amount",
    ),
    ("checks: {", "rolls: {}\nchecks: {", "rolls: unknown setting; did you mean roles?"),
    (
        "checks: {",
        "colour: red\nchecks: {",
        "colour: unknown setting; allowed here: company, data, sources, roles, users, reports, lists, alerts,"
        " alerting, webhooks, mail, operator, url, accounts, checks, run, publish, promise, cash, query, sign_in",
    ),
]


@pytest.mark.parametrize(
    ("good", "bad", "line"), BAD, ids=[line.split(":")[0] + f"#{n}" for n, (*_, line) in enumerate(BAD)]
)
def test_a_wrong_setting_is_told_by_path_found_and_allowed(tmp_path: Path, good: str, bad: str, line: str) -> None:
    """A person who has never seen the code must be able to correct the file from the message alone."""
    assert good in WHOLE
    assert f"plumbline.yaml: {line}" in faults(tmp_path, WHOLE.replace(good, bad))


@pytest.mark.parametrize(
    ("given", "is_fine"),
    [
        ("token: k", True),
        ("client_id: a, client_secret: b, refresh_token: c", True),
        ("client_id: a, refresh_token: c", False),
        ("token: k, refresh_token: c", False),
        ("api_version: 2026-09", False),
    ],
)
def test_a_hubspot_account_is_signed_in_to_in_one_way(tmp_path: Path, given: str, is_fine: bool) -> None:
    """Two ways at once would leave it open whose rights count; none would be found out in the night."""
    text = WHOLE.replace("sources:", f"sources:\n  hub: {{kind: hubspot, {given}}}", 1)
    if is_fine:
        assert read(tmp_path, text).sources["hub"].kind == "hubspot"
    else:
        way = "allowed: token, or client_id, client_secret and refresh_token together"
        assert faults(tmp_path, text) == [f"plumbline.yaml: sources.hub: found no single way to sign in; {way}"]


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ("private_key: pem, time_zone: Europe/Helsinki", ""),
        ("private_key_file: secrets/key.pem, time_zone: Europe/Helsinki", ""),
        (
            "time_zone: Europe/Helsinki",
            "sources.ns: found neither of private_key and private_key_file; allowed: one of them",
        ),
        (
            "private_key: pem, private_key_file: key.pem, time_zone: Europe/Helsinki",
            "sources.ns: found both of private_key and private_key_file; allowed: one of them",
        ),
        ("private_key: pem", "sources.ns.time_zone: missing; allowed: a time zone such as Europe/Helsinki"),
        (
            "private_key: pem, time_zone: UTC, accounting_book: 0",
            "sources.ns.accounting_book: found 0; allowed: a whole number of 1 or more",
        ),
    ],
)
def test_a_netsuite_account_has_one_key_and_a_time_zone(tmp_path: Path, given: str, said: str) -> None:
    """Stamps read in a guessed time zone would lose changes; a key in two places is renewed in one."""
    about = "address: https://1234567.suitetalk.api.netsuite.com, client_id: a, certificate_id: b"
    text = WHOLE.replace("sources:", f"sources:\n  ns: {{kind: netsuite, {about}, {given}}}", 1)
    if said:
        assert faults(tmp_path, text) == [f"plumbline.yaml: {said}"]
        return
    source = read(tmp_path, text).sources["ns"]
    assert isinstance(source, NetsuiteSource)
    assert source.private_key_file in (None, tmp_path / "secrets" / "key.pem")


def test_every_fault_is_told_at_once(tmp_path: Path) -> None:
    text = WHOLE.replace("port: 2525", "port: x").replace("kind: months", "kind: lunar").replace("keep", "kept")
    assert len(faults(tmp_path, text)) == 2


def test_a_company_without_a_name_is_refused(tmp_path: Path) -> None:
    assert faults(tmp_path, "company: {reporting_currency: EUR}") == [
        "plumbline.yaml: company.name: missing; allowed: text"
    ]


def test_a_file_that_is_no_yaml_is_told_with_its_line(tmp_path: Path) -> None:
    assert faults(tmp_path, "company:\n  name: [Acme\n")[0].startswith("plumbline.yaml, line 3, column 1: not YAML: ")


def test_an_empty_file_says_what_it_needs(tmp_path: Path) -> None:
    assert faults(tmp_path, "") == ["plumbline.yaml: is empty; allowed: a mapping that has `company:`"]


def test_a_missing_file_says_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match=r"no such file; run `plumbline init DIR`"):
        load_settings(tmp_path / "plumbline.yaml", {})


def test_a_bare_reference_in_braces_says_to_quote_it(tmp_path: Path) -> None:
    """`{host: ${NAME}}` looks right and is no YAML: the first mistake that everybody makes."""
    [line] = faults(tmp_path, WHOLE.replace("host: localhost", "host: ${SMTP_HOST}"))
    assert line.endswith('; put quotes around it: "${NAME}"')


class TestEnvironment:
    """Secrets come from the environment and are never shown again."""

    def test_a_reference_is_filled(self, tmp_path: Path) -> None:
        settings = read(tmp_path, WHOLE.replace("host: localhost", 'host: "${SMTP_HOST}"'), {"SMTP_HOST": "mail.x.io"})
        assert settings.mail is not None
        assert settings.mail.host == "mail.x.io"

    def test_a_number_may_come_from_the_environment(self, tmp_path: Path) -> None:
        settings = read(tmp_path, WHOLE.replace("port: 2525", 'port: "${PORT}"'), {"PORT": "25"})
        assert settings.mail is not None
        assert settings.mail.port == 25

    def test_a_missing_variable_is_named_with_its_setting(self, tmp_path: Path) -> None:
        assert faults(tmp_path, WHOLE.replace("host: localhost", 'host: "${SMTP_HOST}"')) == [
            "plumbline.yaml: mail.host: the environment variable SMTP_HOST is not set; export it or remove the setting"
        ]

    def test_a_wrong_value_from_the_environment_is_not_shown(self, tmp_path: Path) -> None:
        """A password put into the wrong variable must not end up in a log."""
        [line] = faults(tmp_path, WHOLE.replace("port: 2525", 'port: "${PORT}"'), {"PORT": "hunter2"})
        assert line == "plumbline.yaml: mail.port: found the value of ${PORT}; allowed: a port number from 1 to 65535"

    def test_a_password_is_never_in_a_message_or_a_repr(self, tmp_path: Path) -> None:
        settings = read(tmp_path, WHOLE.replace("port: 2525", "port: 25, username: u, password: hunter2"))
        assert "hunter2" not in repr(settings)
        [line] = faults(tmp_path, WHOLE.replace("port: 2525", "port: 25, password: [hunter2]"))
        assert "hunter2" not in line

    def test_the_data_folder_of_the_environment_wins(self, tmp_path: Path) -> None:
        elsewhere = tmp_path / "elsewhere"
        settings = read(tmp_path, WHOLE, {"PLUMBLINE_DATA": str(elsewhere)})
        assert settings.folders.root == elsewhere

    def test_the_settings_file_of_the_environment_is_read(self, tmp_path: Path) -> None:
        (tmp_path / "other.yaml").write_text("company: {name: Other}", encoding="utf-8")
        settings = load_settings(environ={"PLUMBLINE_CONFIG": str(tmp_path / "other.yaml")})
        assert settings.company.name == "Other"
        assert settings.root == tmp_path


class TestAsOf:
    """The day a run speaks for is the company's own day, not the server's."""

    def test_a_fixed_day_stays(self, tmp_path: Path) -> None:
        settings = read(tmp_path, WHOLE.replace("time_zone: Europe/Helsinki", "as_of: 2026-06-30"))
        assert settings.as_of_at(datetime(2030, 1, 1, tzinfo=UTC)) == date(2026, 6, 30)

    @pytest.mark.parametrize(
        ("now", "day"),
        [
            (datetime(2026, 6, 30, 20, 59, tzinfo=UTC), date(2026, 6, 30)),  # 23:59 in Helsinki, summer: UTC+3
            (datetime(2026, 6, 30, 21, 0, tzinfo=UTC), date(2026, 7, 1)),
            (datetime(2026, 12, 31, 21, 59, tzinfo=UTC), date(2026, 12, 31)),  # winter: UTC+2
            (datetime(2026, 12, 31, 22, 0, tzinfo=UTC), date(2027, 1, 1)),
        ],
    )
    def test_today_is_the_day_in_the_companys_zone(self, tmp_path: Path, now: datetime, day: date) -> None:
        assert read(tmp_path, WHOLE).as_of_at(now) == day


class TestFingerprint:
    """A run is needed again exactly when something changed that its numbers follow from."""

    @pytest.mark.parametrize(
        ("good", "other"),
        [
            ("reporting_currency: EUR", "reporting_currency: SEK"),
            ("first_month: 1", "first_month: 4"),
            ("currency: NOK", "currency: DKK"),
            ("_ledger: warn", "_ledger: block"),
            ("erp: {kind", "erp_fi: {kind"),
        ],
    )
    def test_it_changes_with_what_numbers_follow_from(self, tmp_path: Path, good: str, other: str) -> None:
        assert good in WHOLE
        before = read(tmp_path, WHOLE).fingerprint
        assert read(tmp_path, WHOLE.replace(good, other)).fingerprint != before

    @pytest.mark.parametrize(
        ("good", "other"),
        [("export: true", "export: false"), ("0 7 * * 1", "0 8 * * 1"), ("port: 2525", "port: 25"), ("drop/erp", "in")],
    )
    def test_it_stays_when_only_readers_mails_or_folders_change(self, tmp_path: Path, good: str, other: str) -> None:
        before = read(tmp_path, WHOLE).fingerprint
        assert read(tmp_path, WHOLE.replace(good, other)).fingerprint == before

    def test_it_changes_with_a_mapping(self, tmp_path: Path) -> None:
        before = read(tmp_path, WHOLE).fingerprint
        (tmp_path / "mappings").mkdir()
        (tmp_path / "mappings" / "erp.yaml").write_text("files: []", encoding="utf-8")
        assert read(tmp_path, WHOLE).fingerprint != before

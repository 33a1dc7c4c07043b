"""plumbline.yaml and the environment, read once into frozen Settings. The only reader of os.environ.

What a setting may be is written here once, beside its field; how faults are told lives in `company.faults`.
No setting is acted on here.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Mapping
from datetime import date, datetime
from decimal import Decimal
from functools import lru_cache
from pathlib import Path
from typing import Annotated, Any, Literal, Self
from zoneinfo import ZoneInfo

from babel.numbers import list_currencies
from pydantic import BeforeValidator, Field, SecretStr, ValidationError, model_validator

from company.agreement import disagreements
from company.calendar import FiscalCalendar
from company.errors import SettingsError
from company.faults import Allowed, fault_lines
from company.folders import DataFolder
from company.locale import Locale
from company.mailing import Alert, Alerting, Mail, Report, Webhook
from company.roles import Role, User
from company.setting_types import (
    DAYS_OF_WEEK,
    NAME,
    Address,
    Cron,
    Currency,
    Day,
    DayOfWeek,
    Hours,
    LocaleName,
    Text,
    TimeZone,
    Whole,
    no_flag,
)
from company.setting_types import (
    Part as _Part,
)
from company.settings_file import fill_references, read_yaml, with_files_beside
from company.source_settings import Source

DEFAULT_FILE = "plumbline.yaml"


class Calendar(_Part):
    """The fiscal calendar as written; `FiscalCalendar` is what computes with it."""

    kind: Annotated[Literal["months", "4-4-5", "jalali"], Allowed("months, 4-4-5 or jalali")] = "months"
    first_month: Annotated[
        int, BeforeValidator(no_flag), Field(ge=1, le=12), Allowed("a whole number from 1 to 12")
    ] = 1


class BusinessDays(_Part):
    """The days that count as business days: days of the week, less holidays."""

    week: Annotated[
        tuple[Annotated[DayOfWeek, Allowed(", ".join(DAYS_OF_WEEK))], ...], Allowed("a list of mon, tue, ... sun")
    ] = DAYS_OF_WEEK[:5]
    holidays: Annotated[tuple[Day, ...], Allowed("a list of dates such as 2026-12-24")] = ()


class Entity(_Part):
    """One legal entity of the company."""

    id: Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9_\-]*$"), Allowed("a short code such as FI01")]
    name: Text
    currency: Currency
    country: Annotated[
        str | None, Field(pattern=r"^[A-Z]{2}$"), Allowed("an ISO 3166-1 code of two letters such as FI")
    ] = None


class Company(_Part):
    """Who the company is and how it counts time and money."""

    name: Text
    reporting_currency: Currency = "EUR"
    time_zone: TimeZone = "UTC"
    locale: LocaleName = "en_GB"
    as_of: Day | None = None
    calendar: Annotated[Calendar, Allowed("a mapping of kind and first_month")] = Calendar()
    business_days: Annotated[BusinessDays, Allowed("a mapping of week and holidays")] = BusinessDays()
    entities: Annotated[tuple[Entity, ...], Allowed("a list of {id, name, currency, country}")] = ()

    @model_validator(mode="before")
    @classmethod
    def _one_entity_where_none_is_given(cls, value: Any) -> Any:
        if isinstance(value, dict) and not value.get("entities") and isinstance(value.get("name"), str):
            currency = value.get("reporting_currency", "EUR")
            if currency not in list_currencies():
                return value  # told once, where it is written
            return {**value, "entities": ({"id": "main", "name": value["name"], "currency": currency},)}
        return value

    @property
    def fiscal_calendar(self) -> FiscalCalendar:
        return FiscalCalendar(kind=self.calendar.kind, first_month=self.calendar.first_month)

    @property
    def number_formats(self) -> Locale:
        return Locale(self.locale)


class Schedule(_Part):
    """When `plumbline serve` runs the pipeline, in the company's time zone."""

    schedule: Cron = "0 5 * * *"


class Publish(_Part):
    """How many published versions stay on disk."""

    keep: Whole = 5


class Promise(_Part):
    """How old the published numbers may be before every page says so."""

    max_age_hours: Hours = 36.0


class Cash(_Part):
    """What bank balances are held against: the least that each legal entity should have, in the reporting currency."""

    minimum_balance: Annotated[
        Mapping[
            str,
            Annotated[Decimal, BeforeValidator(no_flag), Field(max_digits=18, decimal_places=2), Allowed("an amount")],
        ],
        Allowed("a mapping of legal entity to an amount"),
    ] = Field(default_factory=dict)


class Query(_Part):
    """The limits of one analyst's query."""

    memory_mb: Whole = 1024
    seconds: Whole = 30
    rows: Whole = 100_000
    export_rows: Whole = 1_000_000


class IdentityProvider(_Part):
    """The company's own sign-in (OpenID Connect). People are told apart by the e-mail address that it has verified."""

    issuer: Annotated[str, Field(pattern=r"^https?://[^\s?#]+$"), Allowed("the provider's address, https://...")]
    client_id: Text
    client_secret: Annotated[SecretStr, Allowed("text, best as ${NAME}")]
    name: Text = "company account"


class SignIn(_Part):
    """How readers prove who they are. Without it the pages answer this machine only."""

    address: Annotated[
        str,
        Field(pattern=r"^(https://[^/\s]+|http://(localhost|127\.0\.0\.1)(:\d+)?)$"),
        Allowed("the pages' address as readers type it, https://host without a path; http for this machine alone"),
    ]
    secret: Annotated[SecretStr, Allowed("text of 32 random characters or more, best as ${NAME}")]
    passwords: Annotated[bool, Allowed("true or false")] = True
    idle_hours: Hours = 8.0
    oidc: Annotated[IdentityProvider | None, Allowed("a mapping of issuer, client_id, client_secret, name")] = None


class Settings(_Part):
    """Everything plumbline.yaml says, with paths resolved. `file` and `root` say where it was read from."""

    company: Annotated[Company, Allowed("a mapping with at least a name")]
    data: Annotated[Path, Allowed("a folder path")] = Path("data")
    sources: Annotated[
        Mapping[Annotated[str, Field(pattern=NAME), Allowed("a name of small letters, digits and _")], Source],
        Allowed("a mapping of source name to {kind, folder, mapping}"),
    ] = Field(default_factory=dict)
    roles: Annotated[Mapping[str, Role], Allowed("a mapping of role name to {pages, domains, ...}")] = Field(
        default_factory=dict
    )
    users: Annotated[tuple[User, ...], Allowed("a list of {email, name, roles, attributes}")] = ()
    reports: Annotated[Mapping[str, Report], Allowed("a mapping of report name to {schedule, ...}")] = Field(
        default_factory=dict
    )
    lists: Annotated[
        Mapping[
            Annotated[str, Field(pattern=NAME), Allowed("a name of small letters, digits and _")],
            Annotated[tuple[Address, ...], Allowed("a list of e-mail addresses")],
        ],
        Allowed("a mapping of list name to e-mail addresses"),
    ] = Field(default_factory=dict)
    alerts: Annotated[
        Mapping[Annotated[str, Field(pattern=NAME), Allowed("a name of small letters, digits and _")], Alert],
        Allowed("a mapping of alert name to {kind, ...}"),
    ] = Field(default_factory=dict)
    alerting: Annotated[Alerting, Allowed("a mapping of schedule, digest_hour, allowed_webhook_hosts")] = Alerting()
    webhooks: Annotated[Mapping[str, Webhook], Allowed("a mapping of webhook name to {url, form}")] = Field(
        default_factory=dict
    )
    mail: Annotated[Mail | None, Allowed("a mapping of host, port, security, username, password, sender")] = None
    operator: Address | None = None
    url: Annotated[str | None, Field(pattern=r"^https?://[^\s\"<>]+$"), Allowed("the address of the dashboards")] = None
    accounts: Annotated[Path | None, Allowed("the path of a CSV file; see `plumbline accounts draft`")] = None
    checks: Annotated[
        Mapping[str, Annotated[Literal["block", "warn"], Allowed("block or warn")]],
        Allowed("a mapping of check name to block or warn"),
    ] = Field(default_factory=dict)
    run: Annotated[Schedule, Allowed("a mapping of schedule")] = Schedule()
    publish: Annotated[Publish, Allowed("a mapping of keep")] = Publish()
    promise: Annotated[Promise, Allowed("a mapping of max_age_hours")] = Promise()
    cash: Annotated[Cash, Allowed("a mapping of minimum_balance")] = Cash()
    query: Annotated[Query, Allowed("a mapping of memory_mb, seconds, rows, export_rows")] = Query()
    sign_in: Annotated[SignIn | None, Allowed("a mapping of address, secret, passwords, idle_hours, oidc")] = None
    file: Path = Field(default=Path(DEFAULT_FILE), exclude=True)

    @model_validator(mode="after")
    def _names_meet(self) -> Self:
        if faults := disagreements(self):
            raise ValueError("\n".join(faults))
        return self

    @property
    def root(self) -> Path:
        """The folder of plumbline.yaml: relative paths in it start here."""
        return self.file.parent

    @property
    def ids_of(self) -> dict[str, str]:
        """By source, the one whose ids and codes its rows speak of: itself where nothing else is said."""
        return {name: source.ids_of or name for name, source in self.sources.items()}

    @property
    def folders(self) -> DataFolder:
        return DataFolder(self.data)

    def as_of_at(self, now: datetime) -> date:
        """The as-of date of a run started at `now` (aware): the fixed one, else that day in the company's zone."""
        return self.company.as_of or now.astimezone(ZoneInfo(self.company.time_zone)).date()

    @property
    def fingerprint(self) -> str:
        """A hash over what numbers depend on: the company, its sources with their mappings, checks, accounts."""
        digest = hashlib.sha256()
        digest.update(self.company.model_dump_json().encode())
        for name in sorted(self.sources):
            source = self.sources[name]
            digest.update(f"{name}\0{source.kind}\0".encode() + source.fingerprint)
            digest.update(f"{source.ids_of}\0".encode() if source.ids_of else b"")
        digest.update(repr(sorted(self.checks.items())).encode())
        if self.accounts is not None:
            digest.update(self.accounts.read_bytes() if self.accounts.is_file() else b"no file")
        return digest.hexdigest()


def load_settings(path: Path | None = None, environ: Mapping[str, str] | None = None) -> Settings:
    """Read plumbline.yaml: `path`, else $PLUMBLINE_CONFIG, else ./plumbline.yaml. $PLUMBLINE_DATA wins over `data`.

    Raises SettingsError with one line per fault.
    """
    environment = os.environ if environ is None else environ
    file = (path or Path(environment.get("PLUMBLINE_CONFIG") or DEFAULT_FILE)).expanduser()
    written = with_files_beside(file, read_yaml(file))
    faults: list[str] = []
    filled, taken = fill_references(written, environment, faults=faults)
    if faults:
        raise SettingsError("\n".join(f"{file.name}: {fault}" for fault in faults))
    root = file.resolve().parent
    try:
        settings = Settings.model_validate({**filled, "file": file.resolve()})
    except ValidationError as error:
        lines = fault_lines(error, Settings, filled, hidden=taken)
        raise SettingsError("\n".join(f"{file.name}: {line}" for line in lines)) from None
    data = Path(environment.get("PLUMBLINE_DATA") or settings.data)
    sources = {name: source.located(lambda path: _resolved(root, path)) for name, source in settings.sources.items()}
    base = Path.cwd() if environment.get("PLUMBLINE_DATA") else root
    accounts = None if settings.accounts is None else _resolved(root, settings.accounts)
    mail = settings.mail
    if mail is not None and mail.token_file is not None:
        mail = mail.model_copy(update={"token_file": _resolved(root, mail.token_file)})
    return settings.model_copy(
        update={"data": _resolved(base, data), "sources": sources, "accounts": accounts, "mail": mail}
    )


def current_settings() -> Settings:
    """As `load_settings`, but read again only after plumbline.yaml has changed: what a server asks for at every click.

    Never changes what was given out before. Raises SettingsError.
    """
    file = Path(os.environ.get("PLUMBLINE_CONFIG") or DEFAULT_FILE).expanduser().resolve()
    try:
        stamp = file.stat()
    except OSError:
        return load_settings()  # says what is missing
    return _settings_of(file, os.environ.get("PLUMBLINE_DATA"), stamp.st_mtime_ns, stamp.st_size, stamp.st_ino)


@lru_cache(maxsize=4)
def _settings_of(file: Path, _data: str | None, _changed_ns: int, _bytes: int, _inode: int) -> Settings:
    return load_settings(file)


def _resolved(root: Path, path: Path) -> Path:
    # Not Path.resolve(): a drop folder may be a link that an administrator moves.
    return Path(os.path.abspath(root / path.expanduser()))  # noqa: PTH100

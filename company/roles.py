"""Who may see what: roles and users as written in plumbline.yaml, and the access that they add up to.

Access is enforced by separate files, which the publishing half writes from the grants here. Nothing here opens a
database.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from fnmatch import fnmatchcase
from typing import Literal, Protocol, Self

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

from company.errors import AccessError

DOMAINS: tuple[str, ...] = ("common", "sales", "finance", "customers", "operations")

Names = Literal["all"] | tuple[str, ...]


class _Value(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class RowRule(_Value):
    """Rows are kept where `column` holds one of the values. `equals: user.<attribute>` takes the user's own."""

    column: str = Field(pattern=r"^[a-z][a-z0-9_]*$", json_schema_extra={"allowed": "a column name"})
    equals: str = Field(json_schema_extra={"allowed": "a value, or user.<attribute>"})

    @property
    def attribute(self) -> str | None:
        """The user attribute that the rule reads, or None for a fixed value."""
        return self.equals.removeprefix("user.") if self.equals.startswith("user.") else None


class SmallGroups(_Value):
    """Columns that are masked in rows that stand for few: the pay of a department of one is one person's pay."""

    columns: str = Field(json_schema_extra={"allowed": "a column pattern such as 'fct_payroll_monthly.payroll_*'"})
    counted_by: str = Field(
        pattern=r"^[a-z][a-z0-9_]*$", json_schema_extra={"allowed": "the column that counts whom a row stands for"}
    )
    least: int = Field(ge=2, json_schema_extra={"allowed": "a whole number from 2"})

    @field_validator("columns")
    @classmethod
    def _pattern(cls, value: str) -> str:
        return _checked_pattern(value)


class Role(_Value):
    """What one role opens. `rows`, `hide`, `mask` and `small_groups` narrow the role's own domains and nothing else.

    A hidden column is absent; of a masked one only stays that there is a value; small groups are masked row by row.
    `administer` opens the users, the audit log and the view as somebody else.
    """

    pages: Names = Field(default=(), json_schema_extra={"allowed": "all, or a list of page names"})
    domains: Names = Field(
        default=("common",), json_schema_extra={"allowed": f"all, or a list of {', '.join(DOMAINS)}"}
    )
    rows: tuple[RowRule, ...] = Field(
        default=(), json_schema_extra={"allowed": "a list of {column: NAME, equals: VALUE or user.ATTRIBUTE}"}
    )
    hide: tuple[str, ...] = Field(
        default=(), json_schema_extra={"allowed": "a list of column patterns such as '*.cost_rpt' (quote them)"}
    )
    mask: tuple[str, ...] = Field(
        default=(), json_schema_extra={"allowed": "a list of column patterns such as '*.*_name' (quote them)"}
    )
    small_groups: tuple[SmallGroups, ...] = Field(
        default=(), json_schema_extra={"allowed": "a list of {columns: PATTERN, counted_by: COLUMN, least: NUMBER}"}
    )
    export: bool = Field(default=False, json_schema_extra={"allowed": "true or false"})
    administer: bool = Field(default=False, json_schema_extra={"allowed": "true or false"})

    @field_validator("domains")
    @classmethod
    def _known_domains(cls, value: Names) -> Names:
        unknown = [] if value == "all" else [name for name in value if name not in DOMAINS]
        if unknown:
            raise ValueError(f"found {unknown[0]!r}; allowed: all, or a list of {', '.join(DOMAINS)}")
        return value

    @field_validator("hide", "mask")
    @classmethod
    def _patterns(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        return tuple(_checked_pattern(pattern) for pattern in value)

    @property
    def opened_domains(self) -> tuple[str, ...]:
        return DOMAINS if self.domains == "all" else tuple(d for d in DOMAINS if d in self.domains)


class User(_Value):
    """A person, the roles they hold and the attributes that row rules read."""

    email: str = Field(pattern=r"^[^@\s]+@[^@\s]+$", json_schema_extra={"allowed": "an e-mail address"})
    name: str = Field(default="", json_schema_extra={"allowed": "text"})
    roles: tuple[str, ...] = Field(default=(), json_schema_extra={"allowed": "a list of roles from `roles`"})
    attributes: Mapping[str, str | tuple[str, ...]] = Field(
        default_factory=dict, json_schema_extra={"allowed": "a mapping of name to text or list of texts"}
    )

    @model_validator(mode="after")
    def _name_defaults_to_address(self) -> Self:
        if not self.name:
            object.__setattr__(self, "name", self.email)
        return self


class RowFilter(_Value):
    """Rows of every table that has `column` are kept where it holds one of `values`."""

    column: str
    values: tuple[str, ...]


class Grant(_Value):
    """One role's share of a person's access: these domains, less these rows and columns."""

    domains: tuple[str, ...]
    rows: tuple[RowFilter, ...] = ()
    hide: tuple[str, ...] = ()
    mask: tuple[str, ...] = ()
    small_groups: tuple[SmallGroups, ...] = ()

    def hides(self, domain: str, table: str, column: str) -> bool:
        """Whether a pattern of this grant hides the column. Shorter patterns are matched from the right."""
        return _matches(self.hide, (domain, table, column))

    def masks(self, domain: str, table: str, column: str) -> bool:
        """Whether a pattern of this grant masks the column."""
        return _matches(self.mask, (domain, table, column))

    def small_groups_of(self, domain: str, table: str, column: str) -> tuple[SmallGroups, ...]:
        """The rules of this grant that mask the column where a row stands for few."""
        return tuple(rule for rule in self.small_groups if _matches((rule.columns,), (domain, table, column)))

    @property
    def is_full(self) -> bool:
        narrowed = (self.rows, self.hide, self.mask, self.small_groups)
        return self.domains == DOMAINS and not any(narrowed)


class Access(_Value):
    """What a person may see. Grants add up: a row or column is visible if any grant of its domain shows it."""

    email: str
    name: str
    roles: tuple[str, ...]
    pages: Names
    grants: tuple[Grant, ...]
    export: bool
    administer: bool = False

    @property
    def domains(self) -> tuple[str, ...]:
        """The marts schemas this person's file holds."""
        return tuple(d for d in DOMAINS if any(d in g.domains for g in self.grants))

    @property
    def is_full(self) -> bool:
        """True where one grant opens everything: such a person reads the whole file."""
        return any(grant.is_full for grant in self.grants)

    @property
    def profile_hash(self) -> str | None:
        """Names the file of this access: equal grants share one file. None stands for the whole file."""
        if self.is_full:
            return None
        text = json.dumps(sorted(g.model_dump_json() for g in self.grants))
        return hashlib.sha256(text.encode()).hexdigest()[:16]

    def may_open(self, page: str) -> bool:
        return self.pages == "all" or page in self.pages

    def grants_of(self, domain: str) -> tuple[Grant, ...]:
        return tuple(grant for grant in self.grants if domain in grant.domains)


FULL_ACCESS = Access(
    email="",
    name="Owner of the data folder",
    roles=(),
    pages="all",
    grants=(Grant(domains=DOMAINS),),
    export=True,
    administer=True,
)
"""The access of whoever may read the whole file: used where a company has listed no users."""


class HasRoles(Protocol):
    """The part of `company.settings.Settings` that access is worked out from."""

    @property
    def roles(self) -> Mapping[str, Role]: ...
    @property
    def users(self) -> tuple[User, ...]: ...


def find_user(settings: HasRoles, email: str) -> User:
    """The user with this address, in any case. Raises AccessError naming the address."""
    for user in settings.users:
        if user.email.casefold() == email.casefold():
            return user
    known = ", ".join(user.email for user in settings.users) or "none"
    raise AccessError(f"no user {email!r} in plumbline.yaml: users (known: {known})")


def resolve(settings: HasRoles, user: User | str) -> Access:
    """Add up a user's roles. Raises AccessError for an unknown user, a missing role or a missing attribute."""
    person = find_user(settings, user) if isinstance(user, str) else user
    roles: list[Role] = []
    for name in person.roles:
        if name not in settings.roles:
            raise AccessError(f"{person.email} has the role {name!r}, which plumbline.yaml: roles does not define")
        roles.append(settings.roles[name])
    grants = {_grant(role, person).model_dump_json(): _grant(role, person) for role in roles}
    return Access(
        email=person.email,
        name=person.name,
        roles=tuple(sorted(person.roles)),
        pages=_union(role.pages for role in roles),
        grants=tuple(grants[key] for key in sorted(grants)),
        export=any(role.export for role in roles),
        administer=any(role.administer for role in roles),
    )


def accesses_in_use(settings: HasRoles) -> tuple[Access, ...]:
    """One access per user in the order of plumbline.yaml: what profiles must exist for."""
    return tuple(resolve(settings, user) for user in settings.users)


def _grant(role: Role, user: User) -> Grant:
    rows = tuple(RowFilter(column=rule.column, values=_values(rule, user)) for rule in role.rows)
    return Grant(
        domains=role.opened_domains,
        rows=tuple(sorted(rows, key=lambda row: (row.column, row.values))),
        hide=tuple(sorted(set(role.hide))),
        mask=tuple(sorted(set(role.mask))),
        small_groups=tuple(sorted(set(role.small_groups), key=lambda rule: rule.model_dump_json())),
    )


def _checked_pattern(pattern: str) -> str:
    if not 2 <= len(pattern.split(".")) <= 3:
        raise ValueError(f"found {pattern!r}; allowed: table.column or domain.table.column, * stands for any")
    return pattern


def _matches(patterns: Iterable[str], name: tuple[str, str, str]) -> bool:
    for pattern in patterns:
        parts = pattern.split(".")
        if all(fnmatchcase(n, p) for n, p in zip(name[-len(parts) :], parts, strict=True)):
            return True
    return False


def _values(rule: RowRule, user: User) -> tuple[str, ...]:
    if rule.attribute is None:
        return (rule.equals,)
    if rule.attribute not in user.attributes:
        raise AccessError(f"{user.email} has no attribute {rule.attribute!r}, which a row rule of their role reads")
    value = user.attributes[rule.attribute]
    return (value,) if isinstance(value, str) else tuple(sorted(value))


def _union(pages: Iterable[Names]) -> Names:
    names: dict[str, None] = {}
    for page in pages:
        if page == "all":
            return "all"
        names.update(dict.fromkeys(page))
    return tuple(names)

"""Salesforce: objects by SOQL, over REST for little and Bulk 2.0 for much.

Belongs here: addresses, SOQL, paging, Salesforce's own error words and limits. Facts of the API stand beside what
relies on them; which objects and fields are read stands in models/staging/salesforce.
"""

from __future__ import annotations

import csv
import io
import re
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx2 as httpx

from pipelines.sources.api import CheckedObject, Page, StalePageError, Window
from pipelines.sources.errors import SourceReadError
from pipelines.sources.http import AnswerError, ApiSession, BudgetError, Patience, exact_json, said_at
from pipelines.sources.sign_in import SignIn
from pipelines.sources.systems import SystemObject

#: Fields that only some orgs have, because a feature puts them there: several currencies, state and country picklists.
_BY_FEATURE = frozenset({"CurrencyIsoCode", "BillingCountryCode", "MailingCountryCode", "CountryCode"})
#: From here on one Bulk job costs less than the pages of 2,000 that REST gives.
BULK_FROM = 20_000
_BULK_PAGE = 50_000
#: Salesforce stamps a change when its transaction starts; a long one commits minutes behind the cursor.
OVERLAP = timedelta(minutes=30)
#: The daily limit is the whole org's: other integrations live from the same.
_SHARE = 0.8
_BULK = "bulk:"
_POLLS = 720


@dataclass(slots=True)
class SalesforceReader:
    """A conversation with one org. `version` as in the address, such as v67.0."""

    session: ApiSession
    version: str
    bulk_from: int = BULK_FROM
    poll_seconds: float = 5.0
    sleep: Callable[[float], None] = time.sleep
    overlap: timedelta = OVERLAP

    @property
    def _root(self) -> str:
        return f"/services/data/{self.version}"

    def moment(self) -> datetime:
        """The org's clock, to the second, as its cursor fields are."""
        return said_at(self.session.get(f"{self._root}/limits"))

    def available(self, wanted: SystemObject) -> SystemObject | None:
        """The object with the fields that the org has and the user may see."""
        fields = self._fields(wanted)
        if fields is None:
            return None
        gone = [field for field in wanted.fields if field not in fields]
        if missed := _missed(wanted, gone):
            columns = ", ".join(f"{field} ({_column_of(wanted, field)})" for field in missed)
            raise SourceReadError(
                f"{wanted.name} has no field {columns}, or the user may not see it: grant it to the user, or map the"
                " column to another field or a constant"
            )
        kept = tuple(column for column in wanted.columns if not set(column.headers) & set(gone))
        return replace(wanted, columns=kept)

    def pages(self, wanted: SystemObject, window: Window, token: str | None) -> Iterator[Page]:
        """The window's records in the order of cursor and id, deleted and archived ones among them."""
        fields = ", ".join(wanted.fields)
        bounds = [f"{wanted.cursor} < {_literal(window.upper)}"]
        if window.lower is not None:
            bounds.insert(0, f"{wanted.cursor} >= {_literal(window.lower)}")
        where = " AND ".join(bounds)
        query = f"SELECT {fields} FROM {wanted.name} WHERE {where} ORDER BY {wanted.cursor}, Id"
        if token is None and self._matching(wanted, where) >= self.bulk_from:
            token = self._bulk_job(query)
        if token is not None and token.startswith(_BULK):
            yield from self._bulk_pages(token)
        else:
            yield from self._rest_pages(query, token)

    def keys(self, wanted: SystemObject, token: str | None) -> Iterator[Page]:
        """Ids of all records, those in the recycle bin included: what is missing from them is gone for good."""
        yield from self._rest_pages(f"SELECT Id FROM {wanted.name} ORDER BY Id", token)

    def count(self, wanted: SystemObject) -> int:
        """The org's own count, the recycle bin included."""
        return self._matching(wanted, "")

    def check(self, wanted: SystemObject) -> CheckedObject:
        """What would be read of one object, and which custom fields of it no column is filled from."""
        fields = self._fields(wanted)
        if fields is None:
            return CheckedObject(wanted.name, wanted.entity.name)
        refusal = ""
        try:
            self.available(wanted)
        except SourceReadError as error:
            refusal = str(error)
        gone = [field for field in wanted.fields if field not in fields]
        return CheckedObject(
            wanted.name,
            wanted.entity.name,
            records=self.count(wanted),
            refusal=refusal,
            mapped=tuple((_column_of(wanted, field), field) for field in wanted.fields if field not in gone),
            unmapped=tuple(sorted(field for field in fields if field.endswith("__c") and field not in wanted.fields)),
            missing=tuple((_column_of(wanted, field), field) for field in _missed(wanted, gone)),
        )

    # -- asking ----------------------------------------------------------------------------------------------------

    def _fields(self, wanted: SystemObject) -> frozenset[str] | None:
        try:
            answer = self.session.get(f"{self._root}/sobjects/{wanted.name}/describe")
        except AnswerError as error:
            if error.status == httpx.codes.NOT_FOUND:
                return None
            raise
        return frozenset(field["name"] for field in answer.json()["fields"])

    def _matching(self, wanted: SystemObject, where: str) -> int:
        condition = f" WHERE {where}" if where else ""
        query = f"SELECT COUNT() FROM {wanted.name}{condition}"
        answer = self.session.get(f"{self._root}/queryAll", {"q": query})
        return int(answer.json()["totalSize"])

    def _rest_pages(self, query: str, token: str | None) -> Iterator[Page]:
        try:
            answer = (
                self.session.get(f"{self._root}/queryAll", {"q": query}) if token is None else self.session.get(token)
            )
            while True:
                content = exact_json(answer)
                records = [_plain(record) for record in content["records"]]
                following = None if content["done"] else str(content["nextRecordsUrl"])
                yield Page(records, following, int(content["totalSize"]))
                if following is None:
                    return
                answer = self.session.get(following)
        except AnswerError as error:
            if error.code == "INVALID_QUERY_LOCATOR":
                raise StalePageError from None
            raise

    def _bulk_job(self, query: str) -> str:
        answer = self.session.post(f"{self._root}/jobs/query", {"operation": "queryAll", "query": query})
        job = str(answer.json()["id"])
        for _ in range(_POLLS):
            state = self.session.get(f"{self._root}/jobs/query/{job}").json()
            if state["state"] == "JobComplete":
                return f"{_BULK}{job}:{int(state['numberRecordsProcessed'])}:"
            if state["state"] in ("Failed", "Aborted"):
                raise SourceReadError(f"bulk job {job}: {state['state']}: {state.get('errorMessage', '')}"[:300])
            self.sleep(self.poll_seconds)
        raise BudgetError(f"bulk job {job} was not ready in {_POLLS * self.poll_seconds / 60:.0f} minutes")

    def _bulk_pages(self, token: str) -> Iterator[Page]:
        _, job, total, locator = token.split(":", 3)
        while True:
            params: dict[str, str | int] = {"maxRecords": _BULK_PAGE, **({"locator": locator} if locator else {})}
            try:
                answer = self.session.get(f"{self._root}/jobs/query/{job}/results", params)
            except AnswerError as error:
                if error.status == httpx.codes.NOT_FOUND:
                    raise StalePageError from None
                raise
            rows = csv.DictReader(io.StringIO(answer.text))
            records = [{name: value or None for name, value in row.items()} for row in rows]
            if len(records) != int(answer.headers.get("sforce-numberofrecords", len(records))):
                raise SourceReadError(f"bulk job {job}: a page has {len(records)} rows and says it has others")
            # The text null is how the header says that this was the last page.
            locator = answer.headers.get("sforce-locator", "null")
            following = None if locator == "null" else f"{_BULK}{job}:{total}:{locator}"
            yield Page(records, following, int(total))
            if following is None:
                return


@contextmanager
def open_salesforce(
    sign_in: SignIn, *, address: str, version: str, patience: Patience | None = None, **reader: Any
) -> Iterator[SalesforceReader]:
    """Sign in to an org. `address`: of its My Domain. Raises ConnectionFailedError."""
    session = ApiSession(
        sign_in,
        address=lambda access: str(access.answer.get("instance_url") or address),
        complaint=_complaint,
        patience=patience or Patience(),
        on_answer=_keep_to_share,
    )
    with session:
        yield SalesforceReader(session, version, **reader)


def _complaint(answer: httpx.Response) -> tuple[str, str] | None:
    # Errors are an array of objects, whatever the status.
    if "json" not in answer.headers.get("content-type", ""):
        return None
    content = answer.json()
    if isinstance(content, list) and content and isinstance(content[0], dict) and "errorCode" in content[0]:
        return str(content[0]["errorCode"]), str(content[0].get("message", ""))
    return None


def _keep_to_share(answer: httpx.Response) -> None:
    found = re.search(r"api-usage=(\d+)/(\d+)", answer.headers.get("sforce-limit-info", ""))
    if found and int(found[1]) > _SHARE * int(found[2]):
        raise BudgetError(
            f"{found[1]} of the org's {found[2]} daily requests are used: the rest is left to others; try later"
        )


def _plain(record: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in record.items() if name != "attributes"}


def _literal(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _column_of(wanted: SystemObject, field: str) -> str:
    return next(column.target.name for column in wanted.columns if field in column.headers)


def _missed(wanted: SystemObject, gone: Sequence[str]) -> list[str]:
    """Those of the fields that are gone that an org has to have: what comes with a feature may be absent with it."""
    needed = {header for column in wanted.columns if not column.target.nullable for header in column.headers}
    return [field for field in gone if field in needed or field not in _BY_FEATURE]

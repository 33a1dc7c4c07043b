"""The fake HubSpot's answers, and what our reader asks, have the shapes of HubSpot's public description of 2026-09.

The client that others made knows the numbered addresses only; the dated ones are held against `hubspot_shapes.json`.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import orjson
import pytest
from fakes.hubspot import FakeHubspot
from fakes.hubspot_sample import empty_account
from fakes.serving import Answer, Request
from jsonschema import Draft202012Validator
from unit.sources.account import Account

SHAPES = orjson.loads((Path(__file__).parent / "hubspot_shapes.json").read_bytes())
#: The shape of an answer by the end of its address; lists are what is left.
ANSWERS = {
    r"POST .*/objects/.*/search": "search",
    r"POST .*/objects/.*/batch/read": "batch_of_records",
    r"POST /deal-splits/2026-03/batch/read": "batch_of_splits",
    r"POST .*/associations/.*/batch/read": "batch_of_associations",
    r"GET .*/pipelines/.*": "pipelines",
    r"GET .*/objects/2026-09/\w+": "list",
}


def check(shape: str, content: Any) -> None:
    """Raises a ValidationError that says where it differs."""
    Draft202012Validator({**SHAPES, "$ref": f"#/$defs/{shape}"}).validate(content)


class Recorded(FakeHubspot):
    """Keeps what it answered."""

    def __post_init__(self) -> None:
        super().__post_init__()
        self.answered: list[tuple[Request, Answer]] = []

    def answer(self, request: Request) -> Answer:
        given = super().answer(request)
        self.answered.append((request, given))
        return given


@pytest.fixture
def conversation(tmp_path: Path) -> list[tuple[Request, Answer]]:
    """All that is said in two landings of an account with deals, changes, links, archived and erased records."""
    fake = Recorded()
    fake.properties = empty_account().properties
    fake.splits = {"1": [("70", "0.6"), ("71", "0.4")]}
    fake.add_stage("deals", "Sales", "new", "New", isClosed="false", probability="0.1")
    for number in range(1, 121):
        fake.create("deals", number, dealname=f"Deal {number}", amount="1250.50", dealstage="new", pipeline="sales")
    fake.create("companies", 500, name="A", domain=None)
    fake.link("deals", 1, "companies", 500, primary=True)
    fake.pass_time(hours=1)
    account = Account(fake, tmp_path)
    account.land()
    fake.change("deals", 1, amount=None)
    fake.archive("deals", 2)
    fake.pass_time(hours=1)
    account.land()
    return fake.answered


def test_every_answer_and_every_search_has_the_described_shape(conversation: list[tuple[Request, Answer]]) -> None:
    """A reader that is tested against a fake of other shapes is tested against nothing."""
    seen = set()
    for request, answer in conversation:
        place = f"{request.method} {request.path}"
        shape = next((name for pattern, name in ANSWERS.items() if re.fullmatch(pattern, place)), None)
        if shape is None or answer.status not in (200, 207):
            continue
        check(shape, orjson.loads(answer.body))
        seen.add(shape)
        if shape == "search":
            check("search_asked", orjson.loads(request.body))
    assert seen == set(ANSWERS.values())


def test_errors_have_the_described_shape() -> None:
    """Their category decides whether asking again may help."""
    fake = empty_account()
    signed_in = {"authorization": f"Bearer {fake.token}"}
    for request in (
        Request("GET", "/crm/objects/2026-09/deals", {}, {}, b""),
        Request("GET", "/crm/objects/2026-09/deals", {"limit": "1000"}, signed_in, b""),
        Request("GET", "/crm/objects/2026-09/deals/77", {}, signed_in, b""),
    ):
        answer = fake.answer(request)
        assert answer.status >= 400
        check("error", orjson.loads(answer.body))


def test_a_batch_that_does_not_find_all_says_what_failed() -> None:
    """Status 207: what was found, and an error for the rest."""
    fake = empty_account()
    fake.create("deals", 1, dealname="A")
    asked = {"inputs": [{"id": "1"}, {"id": "2"}], "properties": ["dealname"]}
    request = Request(
        "POST",
        "/crm/objects/2026-09/deals/batch/read",
        {},
        {"authorization": f"Bearer {fake.token}"},
        orjson.dumps(asked),
    )
    answer = fake.answer(request)
    content = orjson.loads(answer.body)
    check("batch_of_records", content)
    assert (answer.status, content["numErrors"], [one["id"] for one in content["results"]]) == (207, 1, ["1"])

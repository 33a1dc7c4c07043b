"""The commands `plumbline matches ...`: the review queue and the decisions on it. What they mean is in `matches`."""

from __future__ import annotations

import getpass
import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from company.errors import MatchDecisionError, SettingsError
from company.settings import load_settings
from pipelines.commands import terminal
from pipelines.commands.arguments import AsJson

if TYPE_CHECKING:
    from collections.abc import Sequence

    from company.match_decisions import Decision, TakenDecision

BANDS = ("likely", "check")
Record = Annotated[str, typer.Argument(metavar="RECORD", help="Id of a CRM account or an ERP customer.")]
Other = Annotated[str, typer.Argument(metavar="OTHER", help="Id of the other record.")]
By = Annotated[str | None, typer.Option(help="Who decides; left out: who is signed in on this machine.")]
Reason = Annotated[str, typer.Option(help="Why, kept with the decision.")]


def matches_list(
    band: Annotated[str | None, typer.Option(help=" | ".join(BANDS))] = None,
    most: Annotated[int, typer.Option("--limit", min=1, help="At most this many.")] = 50,
    as_json: AsJson = False,
) -> None:
    """Pairs that wait for a decision, the most money at stake first."""
    from pipelines.matches import published_marts, waiting

    if band is not None and band not in BANDS:
        raise SettingsError(f"--band: found {band!r}; allowed: {', '.join(BANDS)}")
    with published_marts(load_settings().folders) as connection:
        rows = waiting(connection, band=band, most=most)
    if as_json:
        typer.echo(json.dumps(rows, default=str, indent=2))
        return
    if not rows:
        terminal.say("nothing waits for a decision")
        return
    columns = ("at stake", "band", "score", "account", "customer", "account name", "customer name", "besides")
    table = [
        [f"{row['at_stake_rpt']:,}", row["band"], None if row["score"] is None else f"{row['score']:.3f}",
         row["crm_account_id"], row["customer_id"], row["account_name"], row["customer_name"], row["second_key"]]
        for row in rows
    ]  # fmt: skip
    terminal.show_table("Waiting for a decision", columns, table, right=["at stake", "score"])


def matches_accept(record: Record, other: Other, reason: Reason = "", by: By = None, as_json: AsJson = False) -> None:
    """Two records are one company: an account and a customer, or two of one side."""
    _decide("accept", record, other, reason=reason, by=by, as_json=as_json)


def matches_reject(record: Record, other: Other, reason: Reason, by: By = None, as_json: AsJson = False) -> None:
    """An account and a customer are two companies. The pair is never joined and never proposed again."""
    _decide("reject", record, other, reason=reason, by=by, as_json=as_json)


def matches_split(record: Record, reason: Reason, by: By = None, as_json: AsJson = False) -> None:
    """A record is a company of its own, whatever key or parent puts it in a group of its side."""
    _decide("split", record, None, reason=reason, by=by, as_json=as_json)


def matches_apply(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="CSV: action, record, other, reason.")],
    by: By = None,
    as_json: AsJson = False,
) -> None:
    """Take every decision of a file, or none of them if a row is wrong."""
    from pipelines.matches import decisions_of_file, known_records, published_marts

    folders = load_settings().folders
    with published_marts(folders) as connection:
        decisions = decisions_of_file(file, known_records(connection))
    _take(decisions, by=by, as_json=as_json)


def matches_undo(
    number: Annotated[int, typer.Argument(metavar="NUMBER", help="Number of the decision, as `matches log` shows it.")],
    reason: Reason,
    by: By = None,
    as_json: AsJson = False,
) -> None:
    """A decision no longer holds. It stays in the log, with this reason."""
    from company.match_decisions import Decision

    _take([Decision("undo", undone_no=number, reason=reason)], by=by, as_json=as_json)


def matches_log(as_json: AsJson = False) -> None:
    """Every decision ever taken, oldest first."""
    from company.match_decisions import read_decisions

    taken = read_decisions(load_settings().folders)
    if as_json:
        typer.echo(json.dumps([_record(one) for one in taken], indent=2))
        return
    if not taken:
        terminal.say("nobody has decided anything yet; `plumbline matches list` shows what waits")
    undone = {one.decision.undone_no: one.decision_no for one in taken if one.decision.action == "undo"}
    for one in taken:
        state = f" (undone by {undone[one.decision_no]})" if one.decision_no in undone else ""
        terminal.say(f"{one.decision_no:>4} {one.decided_at:%Y-%m-%d %H:%M} {_told(one)}{state}")


def matches_score(  # noqa: PLR0917  # Typer reads options from parameters
    file: Annotated[Path, typer.Argument(metavar="FILE", help="CSV of pairs known to be one company.")],
    account: Annotated[str, typer.Option(help="Its column of account ids.")] = "crm_account_id",
    customer: Annotated[str, typer.Option(help="Its column of customer ids.")] = "customer_id",
    account_prefix: Annotated[str, typer.Option(help="What the file leaves out before an id, such as crm:")] = "",
    customer_prefix: Annotated[str, typer.Option(help="The same for customers, such as erp:")] = "",
    as_json: AsJson = False,
) -> None:
    """Precision and recall of what was joined without people, against pairs that are known."""
    from pipelines.matches import published_marts, read_pairs, scores

    known = read_pairs(file, account=account, customer=customer, prefixes=(account_prefix, customer_prefix))
    with published_marts(load_settings().folders) as connection:
        found = scores(connection, known)
    methods = (*found.methods, found.together)
    if as_json:
        content = {
            "methods": [
                {"method": s.method, "joined": s.joined, "right": s.right, "precision": s.precision} for s in methods
            ],
            "known_pairs": found.known,
            "pairs_of_unknown_records": found.unknown,
            "recall": found.recall,
            "missed_but_proposed": found.proposed,
            "wrong": found.wrong,
        }
        typer.echo(json.dumps(content, indent=2))
        return
    rows = [[s.method, s.joined, s.right, None if s.precision is None else f"{s.precision:.4f}"] for s in methods]
    terminal.show_table("", ["method", "joined", "right", "precision"], rows, right=["joined", "right", "precision"])
    recall = "unknown" if found.recall is None else f"{found.recall:.4f}"
    terminal.say(f"recall {recall} of {found.known:,} known pairs; {found.proposed:,} of the missed ones are proposed")
    for account_id, customer_id, method in found.wrong:
        terminal.say(f"wrong: {account_id} = {customer_id} by {method}", style="red")


def _decide(action: str, record: str, other: str | None, *, reason: str, by: str | None, as_json: bool) -> None:
    from pipelines.matches import decision, known_records, published_marts

    with published_marts(load_settings().folders) as connection:
        records = known_records(connection)
    ids = (record.strip(), None if other is None else other.strip())  # copied from a list, with what stood around them
    _take([decision(action, *ids, reason=reason, records=records)], by=by, as_json=as_json)


def _take(decisions: Sequence[Decision], *, by: str | None, as_json: bool) -> None:
    from company.match_decisions import take_decisions

    if not decisions:
        raise MatchDecisionError("no decision in it; nothing was taken")
    taken = take_decisions(load_settings().folders, decisions, by=by or getpass.getuser(), at=terminal.now())
    if as_json:
        typer.echo(json.dumps([_record(one) for one in taken], indent=2))
        return
    for one in taken:
        terminal.say(f"{one.decision_no}: {_told(one)}")
    terminal.say("they count from the next `plumbline run` on")


def _told(one: TakenDecision) -> str:
    made = one.decision
    what = (
        made.undone_no if made.action == "undo" else " = ".join(r for r in (made.record_id, made.other_record_id) if r)
    )
    return f"{made.action} {what} by {one.decided_by}" + (f": {made.reason}" if made.reason else "")


def _record(one: TakenDecision) -> dict[str, Any]:
    made = one.decision
    return {
        "decision_no": one.decision_no,
        "action": made.action,
        "side": made.side,
        "record_id": made.record_id,
        "other_record_id": made.other_record_id,
        "undone_no": made.undone_no,
        "reason": made.reason,
        "decided_by": one.decided_by,
        "decided_at": one.decided_at.isoformat(),
    }

"""The command `plumbline`: its commands by name, and how a mistake ends. What each does is in `commands`.

Commands import what they need when they are called, so that `--help` and a run with nothing to do cost next to nothing.
"""

from __future__ import annotations

import sys

import typer

from pipelines.commands import (
    accounts,
    alerting,
    asking,
    keeping,
    matches,
    payments,
    periods,
    reporting,
    running,
    scenario,
    sources,
    terminal,
    users,
    valuing,
)
from pipelines.commands.failures import exit_code


def _group(text: str) -> typer.Typer:
    return typer.Typer(
        help=text,
        no_args_is_help=True,
        add_completion=False,
        pretty_exceptions_enable=False,
        rich_markup_mode=None,
    )


app = _group("What did we sell, what did we keep, and what cash comes next?")
for command in (
    running.demo,
    running.run,
    running.init,
    running.sample,
    asking.query,
    asking.metric,
    asking.metrics,
    valuing.value,
    payments.payments,
    keeping.status,
    keeping.versions,
    keeping.rollback,
    keeping.publish,
    keeping.prune,
    keeping.backup,
    keeping.restore,
    running.serve,
    users.audit,
    users.erase,
):
    app.command()(command)

accounts_app = _group("Accounts: a draft of their classification.")
accounts_app.command("draft")(accounts.accounts_draft)
app.add_typer(accounts_app, name="accounts")

matches_app = _group("Customer matching: what waits for a decision, and the decisions.")
matches_app.command("list")(matches.matches_list)
matches_app.command("accept")(matches.matches_accept)
matches_app.command("reject")(matches.matches_reject)
matches_app.command("split")(matches.matches_split)
matches_app.command("apply")(matches.matches_apply)
matches_app.command("undo")(matches.matches_undo)
matches_app.command("log")(matches.matches_log)
matches_app.command("score")(matches.matches_score)
app.add_typer(matches_app, name="matches")

period_app = _group("Periods: lock, unlock, list, note, sign. Later postings are listed.")
period_app.command("lock")(periods.period_lock)
period_app.command("unlock")(periods.period_unlock)
period_app.command("list")(periods.period_list)
period_app.command("note")(periods.period_note)
period_app.command("sign")(periods.period_sign)
app.add_typer(period_app, name="period")

scenario_app = _group("Scenarios of the cash projection: add, list, remove, compare.")
scenario_app.command("add")(scenario.scenario_add)
scenario_app.command("list")(scenario.scenario_list)
scenario_app.command("remove")(scenario.scenario_remove)
scenario_app.command("compare")(scenario.scenario_compare)
app.add_typer(scenario_app, name="scenario")

source_app = _group("Sources: what would be read, and what is missing.")
source_app.command("check")(sources.source_check)
app.add_typer(source_app, name="source")

users_app = _group("Users: who may sign in, and the tokens of the HTTP export. Rights are written in plumbline.yaml.")
users_app.command("add")(users.users_add)
users_app.command("list")(users.users_list)
users_app.command("password")(users.users_password)
users_app.command("disable")(users.users_disable)
users_app.command("enable")(users.users_enable)
users_app.command("token")(users.users_token)
app.add_typer(users_app, name="users")

report_app = _group("Reports: list, preview, send, and what became of every mail.")
report_app.command("list")(reporting.report_list)
report_app.command("preview")(reporting.report_preview)
report_app.command("send")(reporting.report_send)
report_app.command("kinds")(reporting.report_kinds)
report_app.command("log")(reporting.report_log)
report_app.command("open")(reporting.report_open)
report_app.command("resend")(reporting.report_resend)
app.add_typer(report_app, name="report")

alert_app = _group("Alerts: list, check, and what became of them.")
alert_app.command("list")(alerting.alert_list)
alert_app.command("check")(alerting.alert_check)
alert_app.command("log")(alerting.alert_log)
app.add_typer(alert_app, name="alert")


def main() -> None:
    """Run a command. A person's mistake ends in one line and an exit code; only a fault of ours shows a traceback."""
    try:
        app()
    except Exception as error:  # told apart by `exit_code`; what is not ours is raised again
        code = exit_code(error)
        if code is None:
            raise
        for line in str(error).splitlines() or [type(error).__name__]:
            terminal.complain(line)
        sys.exit(code)


if __name__ == "__main__":
    main()

"""Data trust: what was read, set aside, left unmatched and restated, which checks ran, where a number is from."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime

import pyarrow as pa

from company.versions import latest_runs
from dashboards import narrative, trust
from dashboards.queries.codes import in_words
from dashboards.reading import Reading

MOST = 1000


def headline(reading: Reading) -> str:
    """The page's question, can these numbers be trusted, in one sentence."""
    rows, held = set_aside(reading)
    display = reading.display
    said = narrative.checked(reading.manifest.checks, display)
    if not rows and not held:
        return display.say("{sentence}; every row that was read counts.", sentence=said)
    aside = [said]
    if rows:
        aside.append(display.say_count("{count} row is in quarantine", "{count} rows are in quarantine", rows))
    if held:
        one, many = "{count} loaded row is left out of totals", "{count} loaded rows are left out of totals"
        aside.append(display.say_count(one, many, held))
    return display.say("{sentence}.", sentence=narrative.listed(aside, display))


def set_aside(reading: Reading) -> tuple[int, int]:
    """Rows in quarantine and rows held."""
    return (
        _one(reading, "select count(*) from operations.fct_quarantined_rows"),
        _one(reading, "select count(*) from operations.fct_held_rows"),
    )


def rows_loaded(reading: Reading) -> int:
    return _one(reading, "select sum(rows_loaded) from operations.fct_source_loads")


def sources(reading: Reading) -> pa.Table:
    """One row per source: when it was last read, what it promised, and what became of its rows."""
    promised = {source.name: source for source in reading.manifest.sources}
    loads = reading.rows(
        "select source_system as source, count(*) filter (where status = 'loaded') as files,"
        " count(*) filter (where status = 'refused') as files_refused,"
        " cast(coalesce(sum(rows_in), 0) as bigint) as rows_read,"
        " cast(coalesce(sum(rows_loaded), 0) as bigint) as rows_loaded,"
        " cast(coalesce(sum(rows_quarantined), 0) as bigint) as rows_quarantined,"
        " cast(coalesce(sum(rows_superseded), 0) as bigint) as rows_superseded"
        " from operations.fct_source_loads group by source_system"
    )
    counted = {row["source"]: row for row in loads.to_pylist()}
    names = sorted(promised.keys() | counted.keys())
    columns = ("files", "rows_read", "rows_loaded", "rows_quarantined", "rows_superseded", "files_refused")

    def read(name: str) -> datetime | None:
        moment = promised[name].read_at if name in promised else None
        return moment.astimezone(UTC).replace(tzinfo=None) if moment else None

    return pa.table(
        {
            "source": pa.array(names, pa.string()),
            "read": pa.array([read(name) for name in names], pa.timestamp("s")),
            "promised_hours": pa.array(
                [float(promised[name].fresh_within_hours) if name in promised else None for name in names], pa.float64()
            ),
            **{
                column: pa.array([counted[name][column] if name in counted else 0 for name in names], pa.int64())
                for column in columns
            },
        }
    )


def control_totals(reading: Reading) -> pa.Table:
    """Money per source, entity and column: read, loaded, quarantined, superseded, and the difference."""
    found = reading.rows(
        "select source_system, entity, column_name, sum(total_in) as total_in, sum(total_loaded) as total_loaded,"
        " sum(total_quarantined) as total_quarantined, sum(total_superseded) as total_superseded,"
        " sum(abs(difference)) as difference, cast(sum(unparsed_rows) as bigint) as unparsed_rows"
        " from operations.fct_control_totals group by source_system, entity, column_name"
        " order by difference desc, source_system, entity, column_name"
    )
    return in_words(found, "entity")


def quarantine_reasons(reading: Reading) -> pa.Table:
    """One row per source, entity and reason: how many rows, an example."""
    return reading.rows(
        "select source_system, entity, reason, count(*) as rows, min(file_name) as file_name,"
        " any_value(message) as example from operations.fct_quarantined_rows"
        " group by source_system, entity, reason order by rows desc, source_system, entity, reason"
    )


def quarantined(reading: Reading, *, entity: str | None, reason: str | None) -> pa.Table:
    """Rows in quarantine of an entity and for a reason, None for all, with the whole record as it was read."""
    return reading.rows(
        "select source_system, file_name, row_number, entity, column_name, value, reason, message, source_id, record"
        " from operations.fct_quarantined_rows where ($entity is null or entity = $entity)"
        " and ($reason is null or reason = $reason) order by source_system, file_name, row_number limit $most",
        entity=entity,
        reason=reason,
        most=MOST,
    )


def held(reading: Reading) -> pa.Table:
    """Loaded rows that totals leave out, by entity, reason and currency."""
    return reading.rows(
        "select entity, reason, currency, count(*) as rows, sum(amount_doc) as amount_doc,"
        " any_value(message) as example from operations.fct_held_rows group by all order by rows desc, entity"
    )


def unmatched(reading: Reading) -> pa.Table:
    """Customers of one side that the other side does not know, the most money first."""
    return reading.rows(
        "select case when customer_id is null then 'CRM only' else 'ERP only' end as side,"
        " coalesce(customer_name, account_name) as name, region, segment, net_rpt, won_rpt, source_system,"
        " case when customer_id is null then 'account' else 'customer' end as source_entity, source_id"
        " from customers.fct_customer_matches where status = 'unmatched'"
        " order by coalesce(net_rpt, 0) + coalesce(won_rpt, 0) desc, name limit $most",
        most=MOST,
    )


def tie_outs(reading: Reading) -> pa.Table:
    """One row per tie-out: how many entity months tie, differ, are not covered."""
    found = reading.rows(
        "select check_name, count(*) filter (where status = 'tied') as tied,"
        " count(*) filter (where status = 'difference') as differences,"
        " count(*) filter (where status = 'not_covered') as not_covered,"
        " count(*) filter (where status = 'tied' and (quarantined_local <> 0 or held_local <> 0)) as explained"
        " from finance.fct_close_checks group by check_name order by check_name"
    )
    return in_words(found, "check_name")


def checks(reading: Reading) -> pa.Table:
    """Every check of the run that published this version, those that did not pass first."""
    found = reading.rows(
        "select check_name, model, severity, status, failures, message from operations.fct_check_results"
        " order by status = 'passed', status, check_name"
    )
    return in_words(found, "check_name", "severity", "status", words={"block": "Blocks", "warn": "Warns"})


def restatements(reading: Reading) -> pa.Table:
    """Figures of closed months that a later version changed, the newest first."""
    return reading.rows(
        "select metric, period_on, dimension, dimension_value, old_value, new_value, difference, changed_at"
        " from finance.fct_restatements order by changed_at desc, period_on desc, metric limit $most",
        most=MOST,
    )


def restatement_causes(reading: Reading) -> pa.Table:
    """The source rows behind restatements, the newest first."""
    return reading.rows(
        "select period_on, relation, document_type, document_id, source_system, source_id, change, old_amount,"
        " new_amount, changed_at from finance.fct_restatement_causes"
        " order by changed_at desc, period_on desc, relation, source_id limit $most",
        most=MOST,
    )


def doubtful(reading: Reading) -> pa.Table:
    """Loaded rows that contradict themselves or another row, by reason, with an example."""
    table = reading.rows(
        "select entity, reason, source_system, count(*) as rows, any_value(message) as example"
        " from operations.fct_doubtful_rows group by entity, reason, source_system order by rows desc, entity, reason"
    )
    return in_words(table, "entity", "reason")


def runs(reading: Reading, *, most: int = 50) -> pa.Table:
    """The newest runs: when, how they ended, how long they took and where the time went."""
    found = latest_runs(reading.folder, most)
    return pa.table(
        {
            "started_at": pa.array([run.started_at.replace(tzinfo=None) for run in found], pa.timestamp("s")),
            "status": pa.array([run.status for run in found], pa.string()),
            "as_of": pa.array([run.as_of for run in found], pa.date32()),
            "seconds": pa.array(
                [(run.finished_at - run.started_at).total_seconds() if run.finished_at else None for run in found],
                pa.float64(),
            ),
            "slowest": pa.array(
                [max(run.steps, key=lambda step: step.seconds).name if run.steps else None for run in found],
                pa.string(),
            ),
            "failed_checks": pa.array([len(run.failures) for run in found], pa.int64()),
            "message": pa.array([run.message for run in found], pa.string()),
            "version": pa.array([run.version for run in found], pa.string()),
        }
    )


def lineage_diagram(reading: Reading, metric: str) -> str:
    """Where a metric is from, as a Mermaid flow chart: sources with their entities, what is made of them, the metric.

    Between the entities and what the published tables read directly, the steps are left out: `lineage` lists them.
    """
    relations = trust.relations(reading, metric)
    marts = [relation.rsplit(".", 1)[-1] for relation in relations]
    edges = trust.upstream(reading, relations)
    systems = _systems(reading)
    direct = {mart: [edge for edge in edges if edge.model == mart] for mart in marts}
    lines = ['%%{init: {"flowchart": {"wrappingWidth": 320}}}%%', "flowchart LR"]
    names: dict[str, str] = {}

    def node(name: str, shape: tuple[str, str], text: str) -> str:
        if name not in names:
            names[name] = f"n{len(names)}"
            lines.append(f'    {names[name]}{shape[0]}"{_quoted(text)}"{shape[1]}')
        return names[name]

    target = node(f"metric {metric}", ("([", "])"), reading.definition(metric).label)
    for mart in marts:
        here = node(mart, ("[", "]"), mart)
        lines.append(f"    {here} --> {target}")
        for edge in direct[mart]:
            raw = {edge.reads} if edge.reads_kind == "raw" else _raw_behind(reading, edge.reads)
            step = here
            if edge.reads_kind != "raw":
                step = node(edge.reads, ("[", "]"), edge.reads)
                lines.append(f"    {step} --> {here}")
            for system, entities in _by_system(raw, systems).items():
                text = f"{system}<br>{', '.join(entities)}"
                lines.append(f"    {node(f'{system} {entities}', ('[(', ')]'), text)} -.-> {step}")
    return "\n".join(lines)


def lineage(reading: Reading, metric: str) -> pa.Table:
    """Every edge behind a metric: model, its kind, what it reads, and of which kind that is."""
    edges = trust.upstream(reading, trust.relations(reading, metric))
    return pa.table(
        {
            "model": pa.array([edge.model for edge in edges], pa.string()),
            "model_kind": pa.array([edge.model_kind for edge in edges], pa.string()),
            "reads": pa.array([edge.reads for edge in edges], pa.string()),
            "reads_kind": pa.array([edge.reads_kind for edge in edges], pa.string()),
        }
    )


def _raw_behind(reading: Reading, model: str) -> set[str]:
    return {edge.reads for edge in trust.upstream(reading, (model,)) if edge.reads_kind == "raw"}


def _systems(reading: Reading) -> dict[str, tuple[str, ...]]:
    """By entity: the source systems that delivered it."""
    table = reading.rows(
        "select entity, list(distinct source_system order by source_system) as systems"
        " from operations.fct_source_loads where status = 'loaded' group by entity"
    )
    return {row["entity"]: tuple(row["systems"]) for row in table.to_pylist()}


def _by_system(entities: set[str], systems: Mapping[str, tuple[str, ...]]) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for entity in sorted(entities):
        for system in systems.get(entity, ()):
            found.setdefault(system, []).append(entity)
    return found


def _quoted(text: str) -> str:
    # A label in a diagram is text: no quote may end it, no tag but our own line break may begin.
    broken = text.replace('"', "'").replace("<br>", "\x00").replace("<", "‹").replace(">", "›")
    return broken.replace("\x00", "<br>")


def _one(reading: Reading, sql: str) -> int:
    return int(reading.rows(sql).column(0)[0].as_py() or 0)

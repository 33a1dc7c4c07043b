"""The data dictionary says what the models say, in the same order every time."""

from __future__ import annotations

from docs.build.dictionary import PAGE, Manifests, dictionary


def test_the_page_in_the_repository_is_what_the_models_say(manifests: Manifests) -> None:
    """Documentation that lies is worse than none. Out of date? Run `make docs`."""
    assert PAGE.read_text(encoding="utf-8") == dictionary(manifests), "run `make docs`"


def test_the_order_in_which_dbt_read_the_files_does_not_matter(manifests: Manifests) -> None:
    """A page that changes on every machine hides real changes in noise."""
    backwards = {**manifests.manifest, "nodes": dict(reversed(manifests.manifest["nodes"].items()))}
    assert dictionary(Manifests(backwards, manifests.semantic)) == dictionary(manifests)


def test_a_table_tells_its_grain_its_columns_and_what_is_proved_of_it() -> None:
    """What an analyst needs before the first query."""
    page = dictionary(Manifests(MANIFEST, {"metrics": [], "semantic_models": []}))
    assert page[page.index("## finance") :] == (
        "## finance\n"
        "\n### finance.fct_lines\n\nOne row per line. Leaves out drafts.\n\n"
        "- One row per `line_id`\n- Owner: finance\n- Read by: Margins\n"
        "- Proved on every run: lines add up to their invoice\n\n"
        "| column | type | what it is |\n|---|---|---|\n"
        "| `line_id` * | varchar | The line \\| its key. |\n"
        "| `net_rpt` | decimal(18, 2) | Net. |\n"
        "\n## metrics\n"
    )


LINES = "model.plumbline.fct_lines"
MANIFEST = {
    "nodes": {
        LINES: {
            "unique_id": LINES,
            "resource_type": "model",
            "path": "marts/finance/fct_lines.sql",
            "schema": "finance",
            "name": "fct_lines",
            "alias": "fct_lines",
            "description": "One row per line.\n  Leaves out drafts.\n",
            "config": {"materialized": "table", "meta": {"grain": ["line_id"], "owner": "finance"}},
            "columns": {
                "line_id": {
                    "name": "line_id",
                    "data_type": "varchar",
                    "description": "The line | its key.",
                    "constraints": [{"type": "not_null"}],
                },
                "net_rpt": {"name": "net_rpt", "data_type": "decimal(18, 2)", "description": "Net.", "constraints": []},
            },
        },
        "model.plumbline.step": {
            "unique_id": "model.plumbline.step",
            "resource_type": "model",
            "path": "marts/finance/unpublished/step.sql",
            "schema": "finance",
            "name": "step",
            "alias": "step",
            "config": {"materialized": "ephemeral"},
            "columns": {},
        },
        "test.a": {
            "resource_type": "test",
            "name": "lines_add_up_to_their_invoice",
            "test_metadata": {"name": "adds_up"},
            "attached_node": LINES,
        },
        "test.b": {
            "resource_type": "test",
            "name": "not_null_fct_lines_net_rpt",
            "test_metadata": {"name": "not_null"},
            "attached_node": LINES,
        },
        "test.c": {
            "resource_type": "test",
            "name": "lines_have_one_row_each",
            "test_metadata": {"name": "one_row_per"},
            "attached_node": LINES,
        },
    },
    "exposures": {"e": {"name": "margins_page", "label": "Margins", "depends_on": {"nodes": [LINES]}}},
    "metrics": {},
}

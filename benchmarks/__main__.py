"""`python -m benchmarks [--scale S] [--seed N] [--json FILE] [--folder DIR] [--pages/--no-pages]`.

Order of the measured steps and what each is compared with. How a task is measured is `measuring`, what it does is
`tasks`, `floor` and `pages`, what it is to reach is `results`.
"""

from __future__ import annotations

import filecmp
import json
import os
import platform
import shutil
import sys
import tempfile
from contextlib import ExitStack
from pathlib import Path
from typing import Annotated, Any

import duckdb
import typer
from rich.console import Console

from benchmarks import company, one_percent
from benchmarks.browser import CHROMIUM
from benchmarks.cash import quantile_error
from benchmarks.customer_value import has_lifetimes
from benchmarks.measuring import Outcome, Taken, TaskFailedError, measure
from benchmarks.results import TARGETS, Line, Target, as_json, as_table, page_targets, verdicts

console = Console(width=None if sys.stdout.isatty() else 140)
notes = Console(stderr=True)

SOURCES = ("crm", "erp")
_EXPORTS = {
    "csv": "export 100,000 rows, CSV",
    "xlsx": "export 100,000 rows, XLSX",
    "mart": "analyst's query of a mart",
    "endless": "query that never ends",
}


def main(
    scale: Annotated[float, typer.Option(help="1 makes about 100,000 journal lines.")] = 1,
    seed: Annotated[int, typer.Option(help="Seed of the sample company.")] = 7,
    json_file: Annotated[Path | None, typer.Option("--json", help="Also write the figures there.")] = None,
    folder: Annotated[
        Path | None, typer.Option(help="Work there and keep what is made; else a temporary folder.")
    ] = None,
    with_pages: Annotated[bool, typer.Option("--pages/--no-pages", help="Render the pages too.")] = True,
) -> None:
    """Measure every step beside raw DuckDB doing the same work on the same files."""
    with ExitStack() as stack:
        place = folder or Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="plumbline-bench-")))
        place.mkdir(parents=True, exist_ok=True)
        bench = Bench(place.resolve(), scale, seed)
        try:
            bench.measure_all(with_pages=with_pages)
        except TaskFailedError as error:
            notes.print(f"[red]stopped:[/] {error}", highlight=False)
            bench.stopped = True
    targets: tuple[Target, ...] = (*TARGETS, *(t for name in bench.page_names for t in page_targets(name)))
    found = verdicts(bench.lines, targets, scale)
    console.print(
        as_table(bench.lines, found, f"scale {scale:g}, {os.cpu_count()} cores, raw = DuckDB {duckdb.__version__}")
    )
    if json_file is not None:
        about = {
            "scale": scale,
            "seed": seed,
            "cores": os.cpu_count(),
            "memory_bytes": os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES"),
            "load_average": [round(value, 1) for value in os.getloadavg()],
            "python": platform.python_version(),
            "duckdb": duckdb.__version__,
            "complete": not bench.stopped,
        }
        json_file.write_text(json.dumps(as_json(bench.lines, found, about), indent=2) + "\n", encoding="utf-8")
    raise typer.Exit(1 if bench.stopped else 0)


class Bench:
    """The measured steps in order; every one adds its line, so that what came before a failure is still shown."""

    def __init__(self, place: Path, scale: float, seed: int) -> None:
        self.place = place
        self.scale = scale
        self.seed = seed
        self.lines: list[Line] = []
        self.page_names: list[str] = []
        self.stopped = False

    def measure_all(self, *, with_pages: bool) -> None:
        """Everything the issue names, from exports to pages."""
        self.generate()
        self.land_formats()
        settings = self.full_run()
        self.finance_marts(settings)
        self.nothing_new(settings)
        if with_pages:
            self.render_pages(settings)
            self.read_in_a_browser(settings)
            self.read_together(settings)
        self.one_percent_new(settings)
        if with_pages:
            self.switch_versions(settings)
        self.fit_customers()
        self.simulate_cash()
        self.land_records()

    def generate(self) -> None:
        """The sample's exports; once more with the bad rows that real exports have, for landing."""
        made = self._measure(
            "tasks:generate", target=str(self.place / "clean"), scale=self.scale, seed=self.seed, mess=False
        )
        raw = self._measure(
            "floor:rewrite_files", folder=str(self.place / "clean"), target=str(self.place / "rewritten")
        )
        shutil.rmtree(self.place / "rewritten")
        self._add("generate", made.work, raw, "writes the same text files from tables of text", made.facts)
        self._measure("tasks:generate", target=str(self.place / "messy"), scale=self.scale, seed=self.seed, mess=True)

    def land_formats(self) -> None:
        """The ERP's files by how they are written: plain ones, and those in other forms or with bad rows."""
        mapping = company.mapping_of("erp")
        clean_files, dirty_files = [], []
        for mapped in company.mapped_files(mapping):
            tidy, messy = (self.place / kind / "erp" / mapped.match for kind in ("clean", "messy"))
            if not tidy.is_file() or tidy.suffix == ".xlsx":
                continue  # DuckDB as it comes reads no workbooks, so there is nothing to compare with
            if mapped.is_clean:
                clean_files.append((tidy, mapped))
            if not mapped.is_clean or not filecmp.cmp(tidy, messy, shallow=False):
                dirty_files.append((messy, mapped))
        for name, files, keeps_rejects in (("clean", clean_files, False), ("dirty", dirty_files, True)):
            home = self.place / f"land_{name}"
            drop = company.fill_drop(home / "drop", [file for file, _ in files])
            settings = company.set_up(home, {"erp": drop})
            landed = self._measure("tasks:land", settings_file=str(settings), source="erp")
            raw = self._measure(
                "floor:load_files",
                files=[
                    [str(file), mapped.form.get("decimal", ""), mapped.form.get("dates", "")] for file, mapped in files
                ],
                database=str(home / "floor.duckdb"),
                keep_rejects=keeps_rejects,
            )
            facts = {**landed.facts, "files": len(files), "raw": raw.facts}
            self._add(f"land, {name} formats", landed.work, raw, "typed CSV load into tables", facts)
            shutil.rmtree(home)

    def full_run(self) -> Path:
        """A first run of the whole company, and its parts from its own record."""
        home = self.place / "company"
        self._split = one_percent.split(
            self.place / "clean" / "erp", company.mapping_of("erp"), past=home / "drop" / "erp", new=self.place / "new"
        )
        company.fill_drop(home / "drop" / "crm", list((self.place / "clean" / "crm").iterdir()))
        settings = company.set_up(home, {name: home / "drop" / name for name in SOURCES})
        run = self._measure("tasks:run", settings_file=str(settings))
        data = home / "data"
        version = run.facts["version"]
        models = self._measure(
            "floor:build_models", data=str(data), workplace=str(self.place / "raw_models"), tests=False
        )
        tests = self._measure("floor:build_models", data=str(data), workplace=str(self.place / "raw_tests"), tests=True)
        marts = data / "published" / version / "marts.duckdb"
        profiles = len(list((data / "published" / version / "profiles").glob("*.duckdb")))
        with tempfile.TemporaryDirectory(dir=self.place) as target:
            published = self._measure("floor:publish_files", marts=str(marts), copies=1 + profiles, target=target)
        with tempfile.TemporaryDirectory(dir=self.place) as target:
            parts = self._measure("floor:load_parts", landing=str(data / "landing"), database=f"{target}/raw.duckdb")
        counts = {"models": models.facts["models"] + models.facts["seeds"], "tests": tests.facts["tests"]}
        steps = {step["name"]: step for step in run.facts["steps"]}
        for name, raw, does, facts in (
            ("load raw", parts, "one table per entity from the same Parquet parts", {}),
            ("build models", models, "the compiled SQL, one CREATE after another", {**counts, **models.facts}),
            ("check", tests, "the compiled tests, one count after another", counts),
            ("publish", published, "COPY FROM DATABASE once per published file", published.facts),
        ):
            step = steps[name]
            taken = Taken(step["cpu_seconds"], step["seconds"])
            self._add(name, taken, raw, does, {**facts, "rows": step["rows"]})
        inside = Taken(sum(s["cpu_seconds"] for s in steps.values()), sum(s["seconds"] for s in steps.values()))
        around = Taken(run.process.cpu_seconds - inside.cpu_seconds, run.process.seconds - inside.seconds)
        self._add("full run, around its steps", around, None, "", {})
        self._add("full run", run.process, None, "", {**counts, "steps": run.facts["steps"]})
        shutil.rmtree(self.place / "raw_models")
        shutil.rmtree(self.place / "raw_tests")
        return settings

    def finance_marts(self, settings: Path) -> None:
        """All finance marts built again, all they read being there."""
        data, folder = str(settings.parent / "data"), "marts/finance"
        built = self._measure("tasks:build_marts", data=data, workplace=str(self.place / "marts"), folder=folder)
        raw = self._measure("floor:rebuild_marts", data=data, workplace=str(self.place / "raw_marts"), folder=folder)
        if built.facts["models"] != raw.facts["models"]:
            raise TaskFailedError(f"dbt built {built.facts['models']} marts, raw SQL {raw.facts['models']}")
        self._add("finance marts", built.work, raw, "the compiled SQL of the same models", raw.facts)
        shutil.rmtree(self.place / "marts")
        shutil.rmtree(self.place / "raw_marts")

    def nothing_new(self, settings: Path) -> None:
        """The same run again: the whole process, as a schedule pays for it."""
        again = self._measure("tasks:run", settings_file=str(settings))
        self._add("nothing new", again.process, None, "", {"status": again.facts["status"]})
        if again.facts["status"] != "nothing_to_do":
            raise TaskFailedError(f"a run with nothing new ended as {again.facts['status']!r}")

    def render_pages(self, settings: Path) -> None:
        """Each page in a process of its own, first and second render."""
        self.page_names = self._measure("pages:names").facts["names"]
        published = settings.parent / "data" / "published"
        marts = published / (published / "current").read_text().strip() / "marts.duckdb"
        for page in self.page_names:
            first = self._measure("pages:first_render", settings_file=str(settings), page=page)
            second = self._measure("pages:second_render", settings_file=str(settings), page=page)
            raw = self._measure("floor:answer_queries", marts=str(marts), queries=first.facts["queries"])
            facts = {"elements": first.facts["elements"], **raw.facts}
            self._add(f"page {page}, first", first.work, raw, "the same queries, results fetched", facts)
            self._add(f"page {page}, second", second.work, None, "", {"elements": second.facts["elements"]})

    def read_in_a_browser(self, settings: Path) -> None:
        """What a reader sees and clicks, where there is a browser."""
        if not Path(CHROMIUM).is_file():
            notes.print(f"no browser at {CHROMIUM}: pages in a browser are not measured", highlight=False)
            return
        facts = self._measure("browser:read", settings_file=str(settings)).facts
        weight = {"compressed_bytes": facts["compressed_bytes"]}
        self._add("browser, cold process", Taken(0, facts["cold"]), None, "", weight)
        for name in ("first_card", "page", "filter", "drill"):
            self._add(f"browser, {name.replace('_', ' ')}", Taken(0, facts[name]["median"]), None, "", facts[name])

    def read_together(self, settings: Path) -> None:
        """Many viewers, exports, and what others feel beside hostile queries."""
        facts = self._measure("viewers:together", settings_file=str(settings)).facts
        self._add("20 viewers", Taken(facts["server_cpu_seconds"], facts["median"]), None, "", facts)
        facts = self._measure("viewers:exports", settings_file=str(settings)).facts
        for name in ("csv", "xlsx", "mart", "endless"):
            found = {**facts[name], "limit_seconds": facts["limit_seconds"]}
            self._add(_EXPORTS[name], Taken(0, found["seconds"]), None, "", found)
        facts = self._measure("hostile_query:beside", settings_file=str(settings)).facts
        self._add("page beside hostile queries", Taken(0, facts["beside"]["median"]), None, "", facts)

    def switch_versions(self, settings: Path) -> None:
        """The pointer moved between the versions of the two runs while four readers read."""
        facts = self._measure("viewers:switch_versions", settings_file=str(settings)).facts
        self._add("publish switch", Taken(0, facts["slowest_seconds"]), None, "", facts)

    def one_percent_new(self, settings: Path) -> None:
        """The ERP exports its newest documents under the names it always uses; run again."""
        drop = settings.parent / "drop" / "erp"
        new = sorted((self.place / "new").iterdir())
        for file in new:
            file.replace(drop / file.name)
        run = self._measure("tasks:run", settings_file=str(settings))
        if run.facts["status"] != "published":
            raise TaskFailedError(f"a run with 1% new ended as {run.facts['status']!r}")
        facts = {"new_rows": self._split.new_rows, "of_rows": self._split.rows, "steps": run.facts["steps"]}
        self._add("1% new", run.process, None, "", facts)

    def fit_customers(self, customers: int = 1_000_000) -> None:
        """The models of customer value on a million customers, whatever the scale."""
        for model in ("bg_nbd", "gamma_gamma", "pareto_nbd"):
            fitted = self._measure("customer_value:fit", model=model, customers=customers)
            rival = None
            if model == "bg_nbd" and has_lifetimes():
                rival = self._measure("customer_value:fit_lifetimes", customers=customers)
            facts = fitted.facts | ({"lifetimes": rival.facts["result"]} if rival else {})
            self._add(f"fit {model}", fitted.work, rival, "lifetimes on the same customers" if rival else "", facts)

    def simulate_cash(self, documents: int = 100_000, small: int = 2_000, paths: int = 10_000) -> None:
        """Paths of open documents, whatever the scale; and what grouping costs in quantiles where all can be drawn."""
        error = quantile_error(
            self._measure("cash:simulate_documents", documents=small, paths=4 * paths, single=False).facts,
            self._measure("cash:simulate_documents", documents=small, paths=4 * paths, single=True).facts,
        )
        large = self._measure("cash:simulate_documents", documents=documents, paths=paths, single=False)
        facts = {"documents": documents, "paths": paths, "quantile_error": error}
        self._add("simulate cash", large.work, None, "", facts)

    def land_records(self, records: int = 100_000) -> None:
        """Records of a system with an API, whatever the scale, beside the same records from disk.

        DuckDB buffers columns up to its limit, 3 GB: whether memory grows with the records shows under a low limit.
        """
        made = self._land_from_api(records, "3GB")
        disk = self._measure("records:land_from_disk", place=str(self.place / "records"), file=made.facts["file"])
        peaks = [self._land_from_api(count, "256MB").work.peak_bytes for count in (records, 3 * records)]
        facts = made.facts | {"rows_from_disk": disk.facts["rows"], "peak": peaks[0], "peak_of_three_times": peaks[1]}
        self._add("land records of an API", made.work, disk, "lands the same records from disk", facts)

    def _land_from_api(self, records: int, memory: str) -> Outcome:
        home = self.place / "records" / f"{records}_in_{memory}"
        home.mkdir(parents=True)
        return self._measure("records:land_from_api", place=str(home), records=records, memory=memory)

    def _measure(self, task: str, **arguments: Any) -> Outcome:
        with notes.status(task):
            return measure(task, **arguments)

    def _add(self, step: str, taken: Taken, raw: Outcome | None, does: str, facts: dict[str, Any] | Any) -> None:
        line = Line(step, taken, raw.work if raw else None, does, dict(facts))
        self.lines.append(line)
        notes.print(f"{step}: {taken.cpu_seconds:.2f} CPU s, {taken.seconds:.3f} s", highlight=False)


if __name__ == "__main__":
    typer.run(main)

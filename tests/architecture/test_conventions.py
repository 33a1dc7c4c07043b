"""Conventions as tests: what holds for every file, whoever writes it. Behaviour of the product is tested elsewhere."""

import ast
import re
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
TRACKED = [
    ROOT / name
    for name in subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    ).stdout.splitlines()
    if (ROOT / name).is_file()
]
TEXT_ENDINGS = {".py", ".sql", ".yml", ".yaml", ".toml", ".md", ".txt", ".csv", ".json", ".typ", ".mjml", ""}
TEXTS = [path for path in TRACKED if path.suffix in TEXT_ENDINGS and path.stat().st_size < 2_000_000]
MODULES = [
    path
    for path in TRACKED
    if path.suffix == ".py" and path.relative_to(ROOT).parts[0] in {"company", "pipelines", "dashboards", "benchmarks"}
]


def relative(path: Path) -> str:
    return str(path.relative_to(ROOT))


@pytest.mark.parametrize("path", MODULES, ids=relative)
def test_a_module_opens_with_what_belongs_in_it(path: Path) -> None:
    """A newcomer who opens a file must learn in its first lines whether it is the right one."""
    assert ast.get_docstring(ast.parse(path.read_text())), f"{relative(path)} has no module docstring"


@pytest.mark.parametrize("path", MODULES, ids=relative)
def test_a_module_can_be_read_in_one_sitting(path: Path) -> None:
    """Long modules hide two subjects; 500 lines is where a reader gives up."""
    assert len(path.read_text().splitlines()) <= 500


def test_no_name_hides_what_a_file_is_for() -> None:
    """`utils` is where meaning goes to be forgotten."""
    vague = {"utils", "util", "helpers", "helper", "misc", "common", "manager", "base", "v1", "v2"}
    assert not [relative(p) for p in MODULES if p.stem in vague]


def test_no_promise_is_left_in_a_comment() -> None:
    """A note to do it later is an issue, or it is nothing."""
    mark = re.compile(r"\b(TO" + r"DO|FIX" + r"ME)\b")
    assert not [relative(p) for p in TEXTS if mark.search(p.read_text(errors="replace"))]


def test_no_path_of_one_machine_is_in_the_repository() -> None:
    """What runs only in the author's folders does not run."""
    absolute = re.compile(r"(?<![\w.:/$}])/(home|root|work|Users|mnt)/\w")
    assert not [relative(p) for p in TEXTS if absolute.search(p.read_text(errors="replace"))]


@pytest.mark.parametrize("lock", ["requirements.txt", "requirements-dev.txt"])
def test_locked_requirements_have_hashes_and_no_addresses(lock: str) -> None:
    """The same lock must install everywhere, from whichever index, and nothing else under its names (T34)."""
    text = (ROOT / lock).read_text()
    pins = re.findall(r"^[A-Za-z0-9_.\-]+(?:\[[^\]]*\])?==\S+", text, re.MULTILINE)
    assert len(pins) > 50
    assert "://" not in text
    assert all(block.count("--hash=sha256:") for block in re.split(r"\n(?=[A-Za-z0-9])", text) if "==" in block)


def test_every_dependency_has_its_reason_beside_its_pin() -> None:
    """A dependency whose reason nobody knows is never removed."""
    listed = re.findall(r'^  "[A-Za-z0-9.\-]+[=<>][^"]*",?(.*)$', (ROOT / "pyproject.toml").read_text(), re.MULTILINE)
    assert len(listed) > 20
    assert not [rest for rest in listed if "#" not in rest]


def test_the_environment_is_read_in_one_place() -> None:
    """A setting that is read where nobody looks cannot be refused early."""
    readers = {relative(p) for p in MODULES if re.search(r"os\.environ|os\.getenv|environ\[", p.read_text())}
    # These two set variables for the children they start and for dbt; they take no setting from there.
    handed_on = {"pipelines/serving.py", "pipelines/warehouse/dbt.py"}
    assert {name for name in readers if not name.startswith("benchmarks/")} - handed_on == {"company/settings.py"}

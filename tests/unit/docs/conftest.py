"""dbt's manifests of the project as it is, read once."""

from __future__ import annotations

import pytest

from docs.build.dictionary import Manifests, parse_project


@pytest.fixture(scope="session")
def manifests() -> Manifests:
    return parse_project()

"""Builds that the tests of this folder share."""

import pytest
from sample_build import BuiltSample, build_sample


@pytest.fixture(scope="session")
def built_sample(tmp_path_factory: pytest.TempPathFactory) -> BuiltSample:
    return build_sample(tmp_path_factory.mktemp("company"))

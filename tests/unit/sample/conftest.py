"""Small samples that these tests share: written once a session, never changed."""

import pytest
from sample_exports import Exports

from pipelines.sample.write import write_sample

SCALE = 0.2  # large enough to have a record for every kind of fault


@pytest.fixture(scope="session")
def clean(tmp_path_factory: pytest.TempPathFactory) -> Exports:
    folder = tmp_path_factory.mktemp("clean")
    write_sample(folder, scale=SCALE)
    return Exports(folder)


@pytest.fixture(scope="session")
def messy(tmp_path_factory: pytest.TempPathFactory) -> Exports:
    folder = tmp_path_factory.mktemp("messy")
    write_sample(folder, scale=SCALE, mess=True)
    return Exports(folder)

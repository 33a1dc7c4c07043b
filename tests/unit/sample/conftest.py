"""Small samples that these tests share: written once a session, never changed."""

import pytest
from sample_exports import Exports

from pipelines.sample.write import write_sample

CLEAN_SCALE, MESSY_SCALE = 0.1, 0.2  # a messy sample needs a record for every kind of fault


@pytest.fixture(scope="session")
def clean(tmp_path_factory: pytest.TempPathFactory) -> Exports:
    folder = tmp_path_factory.mktemp("clean")
    write_sample(folder, scale=CLEAN_SCALE)
    return Exports(folder)


@pytest.fixture(scope="session")
def messy(tmp_path_factory: pytest.TempPathFactory) -> Exports:
    folder = tmp_path_factory.mktemp("messy")
    write_sample(folder, scale=MESSY_SCALE, mess=True)
    return Exports(folder)

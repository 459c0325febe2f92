"""An organisation, two trained models, and keys: what the faults happen to."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from improvement import registry_models
from serving import EMPLOYEE, UNIT, make_keys, settings_for, store_sample

from recommender.improvement.registry import save_model
from recommender.service.permissions import Role
from recommender.store import Engine, open_database
from training_catalog import load_catalog

from .evidence import Evidence
from .work import Ground, make_ground

_FILE = "original.db"


@dataclass(frozen=True)
class Site:
    """What the faults happen to.

    Parameters
    ----------
    url : str
        The database.
    folder : Path
        Of the models and logs.
    keys : mapping of Role to str
        A key for each role.
    ground : Ground
        What requests are about.
    engine : Engine
        To look into the database from outside.
    """

    url: str
    folder: Path
    keys: Mapping[Role, str]
    ground: Ground
    engine: Engine

    def evidence(self) -> Evidence:
        """Begin to look at what is there."""
        return Evidence(self.engine, self.folder / "models")


@dataclass(frozen=True)
class Original:
    """What sites on SQLite are copies of; those on PostgreSQL are built anew.

    Parameters
    ----------
    folder : Path
        With a database and models.
    keys : mapping of Role to str
        A key for each role.
    people, modules, models : list of str
        Ids of what requests may be about.
    """

    folder: Path
    keys: Mapping[Role, str]
    people: list[str]
    modules: list[str]
    models: list[str]


@contextmanager
def build_original() -> Iterator[Original]:
    """Store 30 people and two models."""
    with tempfile.TemporaryDirectory(prefix="faults-") as name:
        folder = Path(name)
        settings = settings_for(f"sqlite:///{folder / _FILE}", folder)
        units = store_sample(settings).people.set_index("person_id")["org_unit"]
        model = registry_models.train()
        models = [
            save_model(
                settings.models,
                registry_models.varied(model, number),
                registry_models.facts(metrics=registry_models.metrics()),
                by="rig",
                key=registry_models.KEY,
            ).model_id
            for number in range(2)
        ]
        yield Original(
            folder,
            make_keys(settings),
            [f"{who}" for who, unit in units.items() if unit.startswith(UNIT) and who != EMPLOYEE],
            [module.id for module in load_catalog(settings.catalog).modules],
            models,
        )


@contextmanager
def site_on(url: str, folder: Path, original: Original) -> Iterator[Site]:
    """Let an organisation and its models be there.

    Parameters
    ----------
    url : str
        An empty database.
    folder : Path
        For the models and logs.
    original : Original
        What it is a copy of.
    """
    if url.startswith("sqlite"):
        shutil.copy(original.folder / _FILE, url.removeprefix("sqlite:///"))
        keys = original.keys
    else:
        settings = settings_for(url, folder)
        store_sample(settings)
        keys = make_keys(settings)
    shutil.copytree(original.folder / "models", folder / "models")
    ground = make_ground(original.people, original.modules, original.models)
    engine = open_database(url)
    try:
        yield Site(url, folder, keys, ground, engine)
    finally:
        engine.dispose()

"""An organisation, two trained models, and keys: what the faults happen to."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from improvement import registry_models
from serving import EMPLOYEE, UNIT, make_keys, settings_for, store_sample

from recommender.improvement.registry import save_model
from recommender.service.access import Role
from recommender.store import Engine, open_database
from training_catalog import load_catalog

from .evidence import Evidence
from .work import Ground, make_ground


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


@contextmanager
def site_on(url: str, folder: Path) -> Iterator[Site]:
    """Store 30 people and two models.

    Parameters
    ----------
    url : str
        An empty database.
    folder : Path
        Of the models and logs.
    """
    settings = settings_for(url, folder)
    sample = store_sample(settings)
    units = sample.people.set_index("person_id")["org_unit"]
    people = [name for name, unit in units.items() if unit.startswith(UNIT) and name != EMPLOYEE]
    modules = [module.id for module in load_catalog(settings.catalog).modules]
    model = registry_models.train()
    models = [
        save_model(
            settings.models,
            registry_models.varied(model, number),
            registry_models.facts(metrics=registry_models.metrics()),
            by="rig",
        ).model_id
        for number in range(2)
    ]
    engine = open_database(url)
    try:
        yield Site(url, folder, make_keys(settings), make_ground(people, modules, models), engine)
    finally:
        engine.dispose()

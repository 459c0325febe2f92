"""What an installation has open: catalogue, database and models, as they are now."""

from __future__ import annotations

import datetime as dt
import threading
from dataclasses import dataclass, field, replace
from functools import cached_property

import structlog

from recommender.errors import ModelError, NotFoundError
from recommender.service.access.mass_reads import MassReads
from recommender.service.caches import Caches
from recommender.service.effective_catalog import with_imported
from recommender.service.estimates import Estimates, load_estimates
from recommender.service.framework import Framework, build_framework
from recommender.service.models import Models
from recommender.settings import Settings
from recommender.store import Engine, open_database, upgrade_database
from recommender.store.history import take_out_secret
from recommender.working_days import find_zone
from training_catalog import Catalog, load_catalog

_log = structlog.get_logger("recommender.installation")


@dataclass(frozen=True)
class Service:
    """What use cases work with; it answers nothing itself.

    Parameters
    ----------
    framework : Framework
        The catalogue: its folder and the modules that were imported.
    folder : Catalog
        The catalogue of the folder alone.
    engine : Engine
        The database.
    models : Models
        The effect models.
    caches : Caches
        What was computed before and still holds.
    two_person : bool
        Whether it takes two people to make a key or to erase somebody.
    mass_reads : MassReads or None
        Who has read the data of how many people lately; None where nobody watches.
    """

    framework: Framework
    folder: Catalog
    engine: Engine
    models: Models
    caches: Caches = field(default_factory=Caches)
    two_person: bool = False
    mass_reads: MassReads | None = None

    @property
    def zone(self) -> dt.tzinfo | None:
        """The time zone of the organisation; None is that of the server."""
        return find_zone(self.folder.settings.country)

    @cached_property
    def estimates(self) -> Estimates:
        """What each module is expected to add, by the model that is in force at the first use."""
        # not read when the service is opened, or a damaged model could not be rolled back
        return load_estimates(self.framework, self.models)

    @property
    def model_not_used(self) -> str | None:
        """The model in force if it was asked for and is of an earlier release, else None."""
        # looking at `estimates` would read them
        read: Estimates | None = vars(self).get("estimates")
        return read.not_used if read else None

    def close(self) -> None:
        """Close the database."""
        self.engine.dispose()


def open_service(
    settings: Settings, *, catalog: Catalog | None = None, create: bool = True
) -> Service:
    """Open the catalogue and the database; the service has to be closed by the caller.

    Parameters
    ----------
    settings : Settings
        Where they are.
    catalog : Catalog, optional
        The catalogue of the folder, if it has been read already.
    create : bool
        Whether to make a database that does not exist or is empty.

    Raises
    ------
    CatalogError
        If the catalogue folder has faults.
    StoreError
        If the database cannot be used.
    """
    catalog = catalog or load_catalog(settings.catalog)
    engine = open_database(settings.database, create=create)
    try:
        framework = build_framework(with_imported(catalog, engine))
        models = find_models(settings)
        return Service(framework, catalog, engine, models, two_person=settings.two_person)
    except BaseException:
        # nobody else can close it, and SQLite keeps its files open
        engine.dispose()
        raise


def find_models(settings: Settings) -> Models:
    """Return the registry of an installation, with its keys."""
    return Models(settings.models, settings.signing_key, settings.pseudonym_digits)


def upgrade_installation(settings: Settings) -> tuple[str | None, str]:
    """Bring the schema of the database up to date, and take the pseudonym key out of it.

    Returns
    -------
    tuple of str
        Revision before (None for an empty database) and after.

    Raises
    ------
    StoreError
        If the database cannot be reached, is no database, or has a newer schema.
    ConflictError, ModelError
        If the key cannot be kept among the models; it stays where it is then.
    """
    revisions = upgrade_database(settings.database)
    take_out_secret(settings.database, "pseudonyms", find_models(settings).keep_pseudonym_key)
    return revisions


@dataclass
class Installation:
    """What a long-running process answers from.

    Another process may import modules or put a model in force at any time; the `current` service
    has them.
    """

    settings: Settings
    _service: Service = field(init=False)
    _catalog: Catalog = field(init=False)
    # no count of imports is negative, so the first request reads the imported modules again
    _imports_seen: int = field(init=False, default=-1)
    _behind: bool = field(init=False, default=False)
    _lock: threading.Lock = field(init=False, default_factory=threading.Lock)

    def __post_init__(self) -> None:
        self._catalog = load_catalog(self.settings.catalog)
        # here and not for every service: a command or a job ends before there is anything to watch
        watch = MassReads(self.settings.mass_read_people)
        self._service = replace(
            open_service(self.settings, catalog=self._catalog), mass_reads=watch
        )
        try:
            _ = self._service.estimates  # a server that cannot rank does not start
            _log_not_used(self._service)
        except BaseException:
            self._service.close()
            raise

    @property
    def engine(self) -> Engine:
        """The database."""
        return self._service.engine

    @property
    def zone(self) -> dt.tzinfo | None:
        """The time zone of the organisation; None is that of the server."""
        return self._service.zone

    @property
    def caches(self) -> Caches:
        """What was computed before; the same for every service."""
        return self._service.caches

    def current(self, imports: int) -> Service:
        """Return the service with the model in force and the modules imported by now.

        `imports` is the counter ``catalog`` as just read. While the model in force cannot be read,
        the service stays as it was.
        """
        try:
            if not self._is_current(imports):
                with self._lock:
                    if not self._is_current(imports):  # nobody has read it meanwhile
                        self._read_again(imports)
        except (ModelError, NotFoundError) as error:
            # logged once, not with every request
            if not self._behind:
                _log.error("model cannot be read", error=error.code)
            self._behind = True
        else:
            if self._behind:
                _log.info("model can be read again")
            self._behind = False
        return self._service

    def _is_current(self, imports: int) -> bool:
        service = self._service
        in_force = service.models.active() == service.estimates.in_force
        return in_force and imports == self._imports_seen

    def _read_again(self, imports: int) -> None:
        service, framework = self._service, self._service.framework
        if imports != self._imports_seen:
            framework = build_framework(with_imported(self._catalog, service.engine))
        # a new service: requests that are under way go on with the one they began with
        renewed = replace(service, framework=framework)
        _ = renewed.estimates  # where they cannot be read, the service stays as it was
        if renewed.model_not_used != service.model_not_used:  # else it has been said
            _log_not_used(renewed)
        self._service, self._imports_seen = renewed, imports

    def close(self) -> None:
        """Close the database."""
        self._service.close()


def _log_not_used(service: Service) -> None:
    if service.model_not_used:
        _log.error(
            "model in force is of an earlier release, expert estimates are used",
            model=service.model_not_used,
            command="recommender train",
        )

"""The service as it is now: read again when the model in force or the imported modules change."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field, replace

import structlog

from recommender.errors import ModelError, NotFoundError
from recommender.service.framework import build_framework
from recommender.service.installation import Service, open_service, with_imported
from recommender.settings import Settings
from recommender.store import Engine
from training_catalog import Catalog, load_catalog

_log = structlog.get_logger("recommender.live")


@dataclass
class LiveService:
    """What a long-running process answers from.

    Parameters
    ----------
    settings : Settings
        Where catalogue, database and models are.
    """

    settings: Settings
    _service: Service = field(init=False)
    _catalog: Catalog = field(init=False)
    _imports_seen: int = field(init=False, default=-1)
    _behind: bool = field(init=False, default=False)
    _lock: threading.Lock = field(init=False, default_factory=threading.Lock)

    def __post_init__(self) -> None:
        self._catalog = load_catalog(self.settings.catalog)
        self._service = open_service(self.settings, catalog=self._catalog)

    @property
    def engine(self) -> Engine:
        """The database."""
        return self._service.engine

    def current(self, imports: int) -> Service:
        """Return the service with the model in force and the modules imported by now.

        Where the model in force cannot be read, all stays as it was until that is mended.

        Parameters
        ----------
        imports : int
            The counter ``catalog`` as just read.

        Returns
        -------
        Service
            Unchanged for whoever holds an earlier one.
        """
        try:
            if not self._is_current(imports):
                with self._lock:
                    if not self._is_current(imports):  # nobody has read it meanwhile
                        self._read_again(imports)
        except (ModelError, NotFoundError) as error:
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
        in_force = service.models.active() == service.estimates.model_id
        return in_force and imports == self._imports_seen

    def _read_again(self, imports: int) -> None:
        service, framework = self._service, self._service.framework
        if imports != self._imports_seen:
            framework = build_framework(with_imported(self._catalog, service.engine))
        estimates = service.models.estimates(framework)
        self._service = replace(service, framework=framework, estimates=estimates)
        self._imports_seen = imports

    def close(self) -> None:
        """Close the database."""
        self._service.engine.dispose()

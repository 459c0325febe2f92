"""The service as it is now: read again when the model in force or the imported modules change."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field, replace

from recommender.service.core import Service, open_service, with_imported
from recommender.service.framework import build_framework
from recommender.settings import Settings
from recommender.store import Engine
from training_catalog import Catalog, load_catalog


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

        Parameters
        ----------
        imports : int
            The counter ``catalog`` as just read.

        Returns
        -------
        Service
            Unchanged for whoever holds an earlier one.
        """
        service = self._service
        model_id = service.models.active()
        if model_id == service.estimates.model_id and imports == self._imports_seen:
            return service
        with self._lock:
            service = self._service
            model_id = service.models.active()
            if model_id == service.estimates.model_id and imports == self._imports_seen:
                return service  # whoever was here before has read it
            framework = service.framework
            if imports != self._imports_seen:
                framework = build_framework(with_imported(self._catalog, service.engine))
                self._imports_seen = imports
            self._service = replace(
                service,
                framework=framework,
                estimates=service.models.estimates(framework, model_id),
            )
            return self._service

    def close(self) -> None:
        """Close the database."""
        self._service.engine.dispose()

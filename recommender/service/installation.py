"""An open catalogue, database and models, and the questions about people they answer."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from recommender.documents import PlanDocument
from recommender.errors import NotFoundError
from recommender.exchange import write_template
from recommender.improvement.history import History
from recommender.ranking import Objective
from recommender.results import Gaps, Plan, Recommendations
from recommender.service.estimates import Estimates
from recommender.service.framework import Framework, build_framework
from recommender.service.learning.history import export_history, read_history
from recommender.service.learning.record_cache import RecordCache
from recommender.service.learning.training import Training, train_model
from recommender.service.levels.explanation import Explanation, explain_level
from recommender.service.levels.standing import Standing, read_standing
from recommender.service.models import Models
from recommender.service.people.imports import add_imported, find_kind, import_file
from recommender.service.people.known_ids import list_known
from recommender.service.permissions import COMMAND_LINE
from recommender.service.plans.document import PlanReader, build_plan_document
from recommender.service.plans.learning_path import find_path, is_for_grade
from recommender.service.plans.making import PlanRequest, make_plan
from recommender.service.recommend.keeping import keep_plan, keep_shown
from recommender.service.recommend.recommendations import (
    RecommendationRequest,
    compare_with_targets,
    describe_gaps,
    describe_recommendations,
)
from recommender.settings import Settings
from recommender.store import (
    EVERYONE,
    Engine,
    Scope,
    Written,
    database_exists,
    open_database,
    org_path,
    read_ids,
    read_offerings,
    read_table,
    reading,
    schema,
    writing,
)
from training_catalog import Catalog, load_catalog


@dataclass(frozen=True)
class Service:
    """An open catalogue and database, with the estimates in force.

    Parameters
    ----------
    framework : Framework
        The catalogue: its folder and the modules that were imported.
    engine : Engine
        The database.
    models : Models
        The effect models.
    estimates : Estimates
        What each module is expected to add, by the model in force.
    records : RecordCache
        The improvement records, once they were asked for.
    """

    framework: Framework
    engine: Engine
    models: Models
    estimates: Estimates
    records: RecordCache = field(default_factory=RecordCache)

    def gaps(self, person_id: str, *, as_of: dt.date, scope: Scope = EVERYONE) -> Gaps:
        """Compare a person's levels with the targets of the grade."""
        standing = self._standing([person_id], as_of, scope)
        return describe_gaps(self.framework, standing, compare_with_targets(standing), 0)

    def recommend(
        self,
        person_id: str,
        *,
        as_of: dt.date,
        top: int = 10,
        objective: Objective = Objective.GAP,
        modalities: Collection[str] | None = None,
        hours: float | None = None,
        budget: float | None = None,
        model_id: str | None = None,
        lang: str = "zh-CN",
        scope: Scope = EVERYONE,
    ) -> Recommendations:
        """Rank modules for a person, and note what was shown at which rank.

        With `hours` or `budget` only those that take, or cost, no more; with `model_id` by that
        model in place of the one in force.
        """
        request = RecommendationRequest(
            top, objective, hours, budget, None if modalities is None else tuple(modalities)
        )
        found = self.rank(
            self._standing([person_id], as_of, scope), request, model_id=model_id, lang=lang
        )
        with writing(self.engine) as connection:
            keep_shown(connection, found)
        return found[0]

    def rank(
        self,
        standing: Standing,
        request: RecommendationRequest,
        *,
        model_id: str | None = None,
        lang: str = "zh-CN",
    ) -> list[Recommendations]:
        """Rank modules for everybody in a standing; nothing is kept."""
        estimates = self.models.estimates(self.framework, model_id) if model_id else self.estimates
        return describe_recommendations(self.framework, standing, estimates, request, lang=lang)

    def plan(
        self,
        person_id: str,
        request: PlanRequest,
        *,
        as_of: dt.date,
        lang: str = "zh-CN",
        scope: Scope = EVERYONE,
    ) -> tuple[Plan, PlanDocument]:
        """Make and keep a person's plan; the document is ready to be rendered."""
        standing = self._standing([person_id], as_of, scope)
        with reading(self.engine) as connection:
            offerings = read_offerings(connection, as_of=as_of)
        plan = make_plan(self.framework, standing, self.estimates, offerings, 0, request, lang=lang)
        gaps = describe_gaps(self.framework, standing, compare_with_targets(standing), 0)
        person = standing.people.iloc[0]
        document = build_plan_document(
            self.framework,
            PlanReader(
                name=person["name"],
                org_unit=person["org_unit"],
                manager=person["manager_name"] or "",
                synthetic=bool(person["synthetic"]),
            ),
            gaps,
            plan,
            places=dict(zip(offerings["offering_id"], offerings["place"], strict=True)),
            lang=lang,
        )
        with writing(self.engine) as connection:
            keep_plan(connection, plan, gaps, actor=COMMAND_LINE.actor)
        return plan, document

    def plan_all(
        self,
        request: PlanRequest,
        *,
        as_of: dt.date,
        org_unit: str | None = None,
        lang: str = "zh-CN",
    ) -> Iterator[Plan]:
        """Make a plan for everybody, or for everybody of an org unit and the units below it.

        With a learning path only for those whose grade it is for. All plans are kept in one
        transaction once the last one is made. A unit or path that is not there raises a
        `NotFoundError`.
        """
        frame = None if request.path is None else find_path(self.framework, request.path)
        standing = self._standing(None, as_of)
        with reading(self.engine) as connection:
            offerings = read_offerings(connection, as_of=as_of)
            units = read_ids(connection, schema.org_unit.c.path)
        unit = org_path(org_unit or "")
        if unit and unit not in units:
            raise NotFoundError("org-unit.unknown", org_unit=org_unit)
        plans: list[Plan] = []
        rows: list[int] = []
        people = standing.people[["org_unit", "grade"]].itertuples(index=False)
        for row, (path, grade) in enumerate(people):
            if unit and path != unit and not path.startswith(unit + "/"):
                continue
            if frame and not is_for_grade(frame, grade):
                continue
            plans.append(
                make_plan(
                    self.framework, standing, self.estimates, offerings, row, request, lang=lang
                )
            )
            rows.append(row)
            yield plans[-1]
        gaps = compare_with_targets(standing)
        with writing(self.engine) as connection:
            for row, plan in zip(rows, plans, strict=True):
                keep_plan(
                    connection,
                    plan,
                    describe_gaps(self.framework, standing, gaps, row),
                    actor=COMMAND_LINE.actor,
                )

    def explain(
        self, person_id: str, competency_id: str, *, as_of: dt.date, scope: Scope = EVERYONE
    ) -> Explanation:
        """Explain a level down to the raw rows it came from."""
        standing = self._standing([person_id], as_of, scope)
        return explain_level(self.framework, standing, 0, competency_id)

    def import_table(
        self, kind: str, path: Path, *, latest: dt.date, dry_run: bool = False
    ) -> Written:
        """Import a table, all of it or nothing."""
        return import_file(
            self.framework,
            self.engine,
            find_kind(kind),
            path,
            latest=latest,
            dry_run=dry_run,
        )

    def history(self, *, as_of: dt.date) -> History:
        """Read the history that an effect model can be trained on."""
        with reading(self.engine) as connection:
            return read_history(connection, self.framework, as_of=as_of)

    def train(self, *, as_of: dt.date, seed: int = 0, by: str) -> Training:
        """Train an effect model on the history, judge it and save it; it is not in force yet."""
        return train_model(
            self.history(as_of=as_of),
            self.models.root,
            catalog_digest=self.framework.catalog.digest,
            seed=seed,
            by=by,
            key=self.models.key,
        )

    def export_history(self, path: Path, *, pseudonymise: bool, as_of: dt.date) -> int:
        """Write the history as CSV, with pseudonyms in place of people if asked."""
        return export_history(
            self.framework, self.engine, path, pseudonymise=pseudonymise, as_of=as_of
        )

    def template(self, kind: str, path: Path, *, lang: str) -> None:
        """Write an empty workbook to fill in."""
        write_template(find_kind(kind), list_known(self.framework, self.engine), path, lang=lang)

    def person_ids(self) -> list[str]:
        """List everybody's id."""
        with reading(self.engine) as connection:
            return read_table(connection, schema.person)["person_id"].tolist()

    def _standing(
        self, person_ids: list[str] | None, as_of: dt.date, scope: Scope = EVERYONE
    ) -> Standing:
        with reading(self.engine) as connection:
            return read_standing(
                connection, self.framework, as_of=as_of, person_ids=person_ids, scope=scope
            )


def open_service(
    settings: Settings, *, catalog: Catalog | None = None, create: bool = True
) -> Service:
    """Open the catalogue and the database.

    Parameters
    ----------
    settings : Settings
        Where they are.
    catalog : Catalog, optional
        The catalogue of the folder, if it was read already.
    create : bool
        Whether a database that is not there, or empty, is made.

    Returns
    -------
    Service
        Ready to answer.

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
        models = Models(settings.models, settings.signing_key)
        return Service(framework, engine, models, models.estimates(framework))
    except BaseException:
        engine.dispose()
        raise


def load_effective_catalog(settings: Settings) -> Catalog:
    """Read the catalogue folder and add the modules imported into the database, if it is there."""
    catalog = load_catalog(settings.catalog)
    if not database_exists(settings.database):
        return catalog
    engine = open_database(settings.database)
    try:
        return with_imported(catalog, engine)
    finally:
        engine.dispose()


def with_imported(catalog: Catalog, engine: Engine) -> Catalog:
    """Add the modules that were imported into a database to the catalogue of a folder."""
    with reading(engine) as connection:
        imported = read_table(connection, schema.module)
    return add_imported(catalog, imported)

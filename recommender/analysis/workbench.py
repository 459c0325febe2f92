"""Where the history of a notebook comes from, and the models that belong to it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import pandas as pd
from pydantic import SecretStr

from recommender.improvement.effect_table import DEFAULT_ESTIMATOR
from recommender.improvement.evaluation import Evaluation
from recommender.improvement.history import (
    History,
    code_history,
    pairs_of_modules,
    read_records,
)
from recommender.improvement.registry import TrainedModel
from recommender.service.effective_catalog import load_effective_catalog
from recommender.service.framework import Framework, build_framework
from recommender.service.learning.files import read_history_files, read_records_file
from recommender.service.learning.history import read_history
from recommender.service.learning.training import (
    LEVEL_SCALE,
    Training,
    evaluate_history,
    fit_model,
    train_on_history,
)
from recommender.service.made_up.organisation import make_history
from recommender.service.models import Models
from recommender.service.session import open_session
from recommender.settings import Settings
from recommender.texts import say

# Relative, as the notebooks change to the folder of the project first.
DEMO = Path("build/demo")
SCRATCH = Path("build/notebooks")
SIMULATED_RECORDS = 1500
# Fixed, so that the notebook shows the same figures on any day.
SIMULATED_ON = dt.date(2026, 1, 1)


@dataclass(frozen=True)
class Workbench:
    """A history to work on, and the models that belong to it.

    Parameters
    ----------
    history : History
        The records.
    models : Models
        The registry that training saves to.
    source : {"database", "files", "simulated"}
        Where the history comes from.
    catalog_digest : str
        Digest of the catalogue behind the codes; empty for files.
    titles : mapping of str to str
        Names of modules and competencies by id, as far as the catalogue knows them.
    lang : str
        ``zh-CN`` or ``en``.
    """

    history: History
    models: Models
    source: str
    catalog_digest: str
    titles: Mapping[str, str]
    lang: str

    def describe(self) -> str:
        """Say in a sentence what this is."""
        count = f"{len(self.history.intervals):,}"
        return say(f"analysis.source.{self.source}", self.lang, count=count)

    def train(self, *, by: str, estimator: str = DEFAULT_ESTIMATOR, seed: int = 0) -> Training:
        """Train a model on the history, judge it and save it; it is not in force yet."""
        return train_on_history(
            self.history,
            self.models,
            catalog_digest=self.catalog_digest,
            estimator=estimator,
            seed=seed,
            by=by,
        )

    def load(self, model_id: str) -> TrainedModel:
        """Load a saved model, once its signature is verified."""
        return self.models.load_estimator(model_id)

    def fit(
        self, *, share: float = 1.0, estimator: str = DEFAULT_ESTIMATOR, seed: int = 0
    ) -> TrainedModel:
        """Fit a model that is not saved, on the earliest share of the dated intervals."""
        history = self.history
        day = history.intervals["assessed_on"]
        # Not `day <= last`: intervals without a date are kept.
        rows = ~(day > day.quantile(share)).to_numpy()
        earliest = replace(
            history,
            intervals=history.intervals[rows].reset_index(drop=True),
            level_after=history.level_after[rows],
        )
        return fit_model(
            earliest,
            estimator,
            scale=LEVEL_SCALE,
            seed=seed,
            catalog_digest=self.catalog_digest,
        )

    def name(self, key: str) -> str:
        """Return the name of a module or competency, or the id where there is none."""
        return self.titles.get(key, key)

    def evaluate(self, *estimators: str, seed: int = 0) -> Evaluation | None:
        """Judge models side by side, the first before all; None where the history is too small."""
        return evaluate_history(self.history, estimators, seed=seed)


def open_workbench(
    history_file: str | Path | None = None,
    modules_file: str | Path | None = None,
    *,
    settings: Settings | None = None,
) -> Workbench:
    """Find the history that a notebook works on.

    Parameters
    ----------
    history_file, modules_file : path, optional
        Tables of the kinds ``records`` (such as a pseudonymised export) and ``modules``; without
        a table of modules, those of the catalogue count.
    settings : Settings, optional
        From the environment when not given.

    Returns
    -------
    Workbench
        On the files, if given; else on the database of the settings, or of the demo where none
        is set; else on a simulated history. Models trained on files or on a simulation are kept
        in ``build/notebooks``, apart from those in use.
    """
    settings = settings or Settings()
    if history_file is not None:
        history = _read_files(Path(history_file), modules_file, settings)
        models = Models(SCRATCH / "models-of-files", made_up=True)
        return Workbench(history, models, "files", "", _titles(settings), settings.lang)
    # The default names a database too, so what counts is whether anybody set it.
    if "database" not in settings.model_fields_set:
        if not (DEMO / "recommender.db").exists():
            return _simulated(settings)
        demo: dict[str, object] = {}
        # What the analyst has set stays, such as a folder of models.
        if "database" not in settings.model_fields_set:
            demo["database"] = f"sqlite:///{DEMO / 'recommender.db'}"
        if "models" not in settings.model_fields_set:
            models = Models(DEMO / "models", made_up=True)
            key = SecretStr(models.need_key().decode())
            demo |= {"models": models.root, "model_key": key}
        settings = settings.model_copy(update=demo)
    with open_session(settings, "notebook") as session:
        return Workbench(
            read_history(session, as_of=settings.latest_fact_on),
            session.service.models,
            "database",
            session.service.framework.catalog.digest,
            _titles(settings),
            settings.lang,
        )


def _read_files(history_file: Path, modules_file: str | Path | None, settings: Settings) -> History:
    if modules_file is not None:
        return read_history_files(history_file, Path(modules_file), scale=LEVEL_SCALE)
    framework = build_framework(load_effective_catalog(settings))
    return _code(read_records_file(history_file, scale=LEVEL_SCALE), framework)


def _code(records: pd.DataFrame, framework: Framework) -> History:
    return code_history(
        read_records(records),
        pairs_of_modules(framework.catalog.modules),
        competency_ids=framework.competency_ids,
    )


def _simulated(settings: Settings) -> Workbench:
    framework = build_framework(load_effective_catalog(settings))
    records = make_history(framework, as_of=SIMULATED_ON, n_trained=SIMULATED_RECORDS)
    history = _code(records, framework)
    models = Models(SCRATCH / "models-of-simulation", made_up=True)
    digest = framework.catalog.digest
    return Workbench(history, models, "simulated", digest, _titles(settings), settings.lang)


def _titles(settings: Settings) -> dict[str, str]:
    catalog = load_effective_catalog(settings)
    texts = {c.id: c.name for c in catalog.competencies} | {m.id: m.title for m in catalog.modules}
    return {key: text.en if settings.lang == "en" else text.zh_cn for key, text in texts.items()}

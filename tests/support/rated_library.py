"""The tiny framework with two hundred people whose ratings are drawn from known levels."""

from __future__ import annotations

import datetime as dt

import numpy as np
import pandas as pd
from organisations import AS_OF
from rated import Rated, draw_ratings

from recommender.improvement.simulation.settings import SimulationSettings
from recommender.improvement.simulation.synthetic import simulate
from recommender.scoring import RATER_TYPE_CODES
from recommender.service.installation import Service
from recommender.service.people.imports import store_frame
from recommender.service.standards.rated import list_items
from recommender.store import writing
from recommender.table_kinds import KINDS

BAD = "reading-aloud.2.1"
UNITS = ("东馆/咨询台", "西馆/咨询台", "西馆/阅览部")
_BAD_ITEM = 10  # its place among the sixteen of the framework
_RATED_ON = AS_OF - dt.timedelta(days=45)


def fill_rated(service: Service, *, n_people: int = 200) -> Rated:
    """Store people, their ratings with one indicator answered by chance, and exam results."""
    made = draw_ratings(
        3, n_people=n_people, n_competencies=2, per_level=2, random_items=(_BAD_ITEM,)
    )
    items = list_items(service.framework)
    ids = np.array([f"B{i:03d}" for i in range(n_people)])
    types = np.array(list(RATER_TYPE_CODES))
    ratings = made.ratings
    people = pd.DataFrame(
        {
            "person_id": ids,
            "name": [f"馆员{name}" for name in ids],
            "org_unit": [UNITS[i % 3] for i in range(n_people)],
            "grade": np.where(made.grades < 2, "assistant", "librarian"),
            "manager_id": None,
            "hired_on": None,
            "left_on": None,
            "synthetic": "yes",
        }
    )
    # a person's own ratings are the person's; of all others the ids name nobody
    rater = np.where(ratings.rater_type == 0, ids[ratings.person], [f"R{r}" for r in ratings.rater])
    rows = pd.DataFrame(
        {
            "person_id": ids[ratings.person],
            "competency_id": np.array(service.framework.competency_ids)[ratings.competency],
            "indicator_id": np.array(items.indicator_ids)[made.items],
            "rater_type": types[ratings.rater_type],
            "rater_id": rater,
            "rating": ratings.rating.astype(int),
            "rated_on": _RATED_ON,
        }
    )
    rng = np.random.default_rng(9)
    exam = next(c for c in service.framework.catalog.competencies if c.exams).exams[0]
    ability = rng.normal(75, 12, n_people)
    scores = pd.concat(
        pd.DataFrame(
            {
                "person_id": ids,
                "competency_id": "cataloguing",
                "exam_level": exam.level,
                "subject": subject.id,
                "score": np.clip(ability + rng.normal(0, 6, n_people), 0, 100).round(),
                "sat_on": _RATED_ON,
            }
        )
        for subject in exam.subjects
    )
    with writing(service.engine) as connection:
        for kind, frame in (("people", people), ("ratings", rows), ("exams", scores)):
            store_frame(connection, KINDS[kind], frame.astype(object))
    return made


def store_changes(service: Service, *, form_shift: float) -> None:
    """Store a simulated history of people assessed twice, with a form that changed or did not."""
    settings = SimulationSettings(
        n_people=400, n_competencies=2, n_trained=20, n_untrained=800, form_shift=form_shift
    )
    made = simulate(settings, seed=1, competency_ids=("reference-desk", "reading-aloud"))
    rows = made.intervals
    after = rows["assessed_on"].dt.floor("D")
    before = after - pd.to_timedelta((rows["months"] * 30.4375).round(), unit="D")
    free = rows["modules"].map(len) == 0
    frame = pd.DataFrame(
        {
            "person_id": "H" + rows["person_id"].astype(str),
            "competency_id": rows["competency_id"],
            "module_id": "",
            "level_before": rows["level_before"],
            "level_after": made.level_after,
            "before_on": before.dt.date,
            "after_on": after.dt.date,
            "completed_on": None,
            "org_unit": None,
        }
    )[free]
    keys = ["person_id", "competency_id", "module_id", "before_on", "after_on"]
    with writing(service.engine) as connection:
        store_frame(connection, KINDS["records"], frame.drop_duplicates(keys).astype(object))

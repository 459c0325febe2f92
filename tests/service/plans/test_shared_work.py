"""Plans of many people are the same, whoever drafts them."""

from asking import session_of
from organisations import AS_OF, TINY, fill, service_on

from recommender.errors import ConflictError
from recommender.service.plans.choices import PlanRequest
from recommender.service.plans.drafts import many
from recommender.service.workers import Workers
from recommender.settings import Settings


def test_two_processes_make_the_plans_of_one(tmp_path, monkeypatch):
    monkeypatch.setattr(many, "_WORTH_SHARING", 0)
    monkeypatch.setattr(many, "_PEOPLE_AT_ONCE", 7)
    url = f"sqlite:///{tmp_path / 'test.db'}"
    settings = Settings(database=url, catalog=TINY, as_of=AS_OF)
    # no hour is left for what must be in, where somebody is in need of it
    request = PlanRequest(hours_budget=20, must=("desk-basics",))
    with service_on(url, catalog=TINY) as service:
        fill(service, n_people=30)
        made = []
        told = []
        for workers in (None, Workers(settings, 2)):
            session = session_of(service)
            group = many.create_plans(
                session,
                request,
                as_of=AS_OF,
                workers=workers,
                note_progress=lambda done, total: told.append((done, total)),
            )
            made.append(group)
    alone, shared = made
    assert alone.refused
    assert len(alone.plans) > 7
    # made anew, each in place of the one before
    assert shared.plans == alone.plans
    assert [(person, error.code, error.values) for person, error in shared.refused] == [
        (person, error.code, error.values) for person, error in alone.refused
    ]
    assert all(isinstance(error, ConflictError) for _, error in shared.refused)
    assert told[-1] == (30, 30)

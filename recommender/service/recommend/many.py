"""Recommendations for many people, read and ranked at once."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

from recommender.errors import NotFoundError
from recommender.results import Recommendations
from recommender.service.levels.standing import read_standing
from recommender.service.permissions import Permission
from recommender.service.recommend.recommendations import RecommendationRequest, rank_for_people
from recommender.service.session import Session
from recommender.store import covers_unit, org_path, unit_exists
from recommender.store.people.staff import PeopleFilter, search_people


@dataclass(frozen=True)
class PeopleRequest:
    """For whom recommendations are asked.

    These are the people of `person_ids`, or everybody within the principal's scope where that is
    None; of them at most `limit` who belong to the unit or one below it, and whose ids come
    `after` one.
    """

    person_ids: Sequence[str] | None = None
    org_unit: str | None = None
    after: str = ""
    limit: int = 200


@dataclass(frozen=True)
class Batch:
    """Recommendations for many people, in the order of their ids.

    Parameters
    ----------
    items : list of Recommendations
        One for each person.
    not_found : list of str
        Ids that were asked for and do not exist, or not within the principal's scope.
    last : str or None
        Id of the last person where more follow, else None.
    """

    items: list[Recommendations]
    not_found: list[str]
    last: str | None = None


def recommend_to_many(
    session: Session, people: PeopleRequest, request: RecommendationRequest, *, as_of: dt.date
) -> Batch:
    """Rank modules for many people, and note what is shown at which rank.

    Raises
    ------
    NotFoundError
        If there is no such unit, or nobody in it whom the principal may see.
    """
    session.need(Permission.READ_RECOMMENDATIONS)
    service, scope = session.service, session.who.scope
    path = None if people.org_unit is None else org_path(people.org_unit)
    # a person named by id may have left; those of a unit are the people it has
    present_on = as_of if people.person_ids is None else None
    wanted = PeopleFilter(person_ids=people.person_ids, org_unit=path, present_on=present_on)
    with session.reading() as connection:
        # one more than asked for tells whether there are more
        heads = search_people(connection, scope, wanted, after=people.after, limit=people.limit + 1)
        chosen = [head.person_id for head in heads[: people.limit]]
        known = path is None or (covers_unit(scope, path) and unit_exists(connection, path))
        # an empty unit of one's own is an answer; another one may not even be told to exist
        if not chosen and not known:
            raise NotFoundError("org-unit.unknown", org_unit=people.org_unit)
        session.saw(head.ref for head in heads[: people.limit])
        standing = None
        if chosen:
            standing = read_standing(connection, service.framework, as_of=as_of, person_ids=chosen)
    items: list[Recommendations] = []
    if standing is not None:
        items = rank_for_people(
            service.framework, standing, service.estimates, request, lang=session.lang
        )
    session.showed(items)
    session.details |= {"people": len(items)}
    there = {head.person_id for head in heads}
    return Batch(
        items=items,
        not_found=[name for name in dict.fromkeys(people.person_ids or ()) if name not in there],
        last=chosen[-1] if len(heads) > people.limit else None,
    )

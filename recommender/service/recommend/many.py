"""Recommendations for many people, read and ranked at once."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

from recommender.errors import NotFoundError
from recommender.results import Recommendations
from recommender.service.levels.standing import read_standing
from recommender.service.permissions import Permission
from recommender.service.recommend.recommendations import (
    RecommendationRequest,
    rank_for_people,
)
from recommender.service.session import Session
from recommender.store import covers_unit, org_path, unit_exists
from recommender.store.people.staff import PeopleFilter, search_people


@dataclass(frozen=True)
class PeopleRequest:
    """For whom recommendations are asked.

    Parameters
    ----------
    person_ids : sequence of str or None
        These people; all within the principal's scope where None.
    org_unit : str or None
        Of them those of this unit or one below it.
    after : str
        Of them those after this id; for the rest of many.
    limit : int
        How many at most.
    """

    person_ids: Sequence[str] | None = None
    org_unit: str | None = None
    after: str = ""
    limit: int = 200


@dataclass(frozen=True)
class Batch:
    """Recommendations for many people.

    Parameters
    ----------
    items : list of Recommendations
        In the order of the people's ids.
    not_found : list of str
        Ids that were asked for and are not there, or not within what the principal may see.
    last : str or None
        The last person, where there are more than were asked for.
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
    wanted = PeopleFilter(person_ids=people.person_ids, org_unit=path)
    with session.reading() as connection:
        heads = search_people(connection, scope, wanted, after=people.after, limit=people.limit + 1)
        here = [head.person_id for head in heads[: people.limit]]
        known = path is None or (covers_unit(scope, path) and unit_exists(connection, path))
        if not here and not known:
            raise NotFoundError("org-unit.unknown", org_unit=people.org_unit)
        session.saw(head.ref for head in heads[: people.limit])
        standing = (
            read_standing(connection, service.framework, as_of=as_of, person_ids=here)
            if here
            else None
        )
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
        last=here[-1] if len(heads) > people.limit else None,
    )

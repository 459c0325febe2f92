"""Recommendations for many people, read and ranked at once."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

from recommender.errors import NotFoundError
from recommender.results import Recommendations
from recommender.service.levels.standing import Standing, read_standing
from recommender.service.permissions import Permission
from recommender.service.recommend.keeping import keep_shown
from recommender.service.recommend.recommendations import RecommendationRequest
from recommender.service.session import Session
from recommender.store import Connection, PersonHead, covers_unit, org_path, unit_exists
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


def rank_for_many(
    session: Session, people: PeopleRequest, request: RecommendationRequest, *, as_of: dt.date
) -> Batch:
    """Rank modules for many people; that they were shown is noted by `keep_batch`.

    Parameters
    ----------
    session : Session
        Needs `Permission.READ_RECOMMENDATIONS`.
    people : PeopleRequest
        Whom.
    request : RecommendationRequest
        What to keep to.
    as_of : date
        The day.

    Returns
    -------
    Batch
        Of those who are there.

    Raises
    ------
    NotFoundError
        If there is no such unit, or nobody in it whom the principal may see.
    """
    session.need(Permission.READ_RECOMMENDATIONS)
    heads, standing = session.read(
        lambda connection: _read(session, connection, people, as_of=as_of)
    )
    found = {head.person_id for head in heads}
    missing = [name for name in dict.fromkeys(people.person_ids or ()) if name not in found]
    return Batch(
        items=[]
        if standing is None
        else session.service.rank(standing, request, lang=session.lang),
        not_found=missing,
        last=heads[people.limit - 1].person_id if len(heads) > people.limit else None,
    )


def keep_batch(session: Session, connection: Connection, batch: Batch) -> None:
    """Note what is shown to whom, in one transaction."""
    keep_shown(connection, batch.items)
    session.details |= {"people": len(batch.items)}


def _read(
    session: Session, connection: Connection, people: PeopleRequest, *, as_of: dt.date
) -> tuple[list[PersonHead], Standing | None]:
    scope, path = session.who.scope, None
    if people.org_unit is not None:
        path = org_path(people.org_unit)
    wanted = PeopleFilter(person_ids=people.person_ids, org_unit=path)
    heads = search_people(connection, scope, wanted, after=people.after, limit=people.limit + 1)
    if not heads:
        if path is not None and not (covers_unit(scope, path) and unit_exists(connection, path)):
            raise NotFoundError("org-unit.unknown", org_unit=people.org_unit)
        return [], None
    here = heads[: people.limit]
    session.saw(head.ref for head in here)
    standing = read_standing(
        connection,
        session.service.framework,
        as_of=as_of,
        person_ids=[head.person_id for head in here],
    )
    return heads, standing

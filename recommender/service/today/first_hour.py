"""The first hour of an installation: what of its first steps is done."""

from __future__ import annotations

from dataclasses import dataclass

from recommender.service.permissions import Permission
from recommender.service.session import Session
from recommender.store import EVERYONE
from recommender.store.holdings import Holdings, read_holdings


@dataclass(frozen=True)
class FirstHour:
    """What of the first steps is done, as far as it concerns the principal.

    Parameters
    ----------
    done : Holdings
        What there is of the people within the principal's scope.
    is_empty : bool
        Whether nothing of anybody is stored.
    competencies, grades, modules : int
        Of the catalogue in force.
    """

    done: Holdings
    is_empty: bool
    competencies: int
    grades: int
    modules: int

    @property
    def is_over(self) -> bool:
        """Whether all steps are done."""
        return self.done == Holdings(people=True, scores=True, plans=True)


def read_first_hour(session: Session) -> FirstHour:
    """Read what of the first steps is done."""
    session.need(Permission.READ_PEOPLE)
    with session.reading() as connection:
        done = read_holdings(connection, session.who.scope)
        is_empty = done == Holdings() and read_holdings(connection, EVERYONE) == Holdings()
    framework = session.service.framework
    return FirstHour(
        done=done,
        is_empty=is_empty,
        competencies=len(framework.competency_ids),
        grades=len(framework.grade_ids),
        modules=len(framework.module_of),
    )

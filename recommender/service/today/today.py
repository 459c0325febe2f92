"""What waits for somebody who looks after people, from one state of the database.

Their files and the work that runs for them stand in `recommender.service.today.work`.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

from recommender.service.campaigns.reading import Campaign, list_unpublished
from recommender.service.session import Session
from recommender.service.today.approvals import Approvals, Reviews, read_approvals, read_reviews
from recommender.service.today.assessing import Assessing, read_assessing

_SHOWN = 6


@dataclass(frozen=True)
class Today:
    """What waits within the principal's scope; lists have the first few."""

    day: dt.date
    approvals: Approvals
    reviews: Reviews
    assessing: Assessing
    unpublished: Sequence[Campaign]

    @property
    def waiting(self) -> int:
        """How many things wait: plans, reviews, people to assess, campaigns."""
        return (
            self.approvals.count
            + self.reviews.count
            + self.assessing.to_assess
            + len(self.unpublished)
        )


def read_today(session: Session) -> Today:
    """Read what waits for the principal."""
    with session.reading():
        return Today(
            day=session.today,
            approvals=read_approvals(session, limit=_SHOWN),
            reviews=read_reviews(session, limit=_SHOWN),
            assessing=read_assessing(session, limit=_SHOWN),
            unpublished=list_unpublished(session, limit=_SHOWN),
        )

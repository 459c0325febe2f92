"""What a standard rests on, as it is now: to be kept with a standard when it is set."""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Iterable

from recommender.service.groups.disclosure import SMALL_CELL
from recommender.standards import StandardBasis
from recommender.store import PersonHead
from training_catalog import Catalog


def find_basis(catalog: Catalog, grade: str, people: Iterable[PersonHead]) -> StandardBasis:
    """Describe duties, result measures and lines of business of a grade as they are now.

    Of a duty counts what it says of the grade: its importance, and the competencies it rests on;
    another wording is no other job. A line of business is the name of an org unit, the same in
    every branch, in which at least five of these people of the grade work.
    """
    profile = catalog.job_profile
    elements = (*profile.duties, *profile.result_measures) if profile else ()
    units = Counter(head.org_unit.rpartition("/")[2] for head in people if head.grade == grade)
    return StandardBasis(
        job_elements={
            element.id: _digest(
                [
                    element.importance[grade],
                    {name: by[grade] for name, by in element.relevance.items() if by.get(grade)},
                ]
            )
            for element in elements
            if element.importance.get(grade)
        },
        units=tuple(sorted(name for name, count in units.items() if count >= SMALL_CELL)),
    )


def _digest(content: object) -> str:
    return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()[:16]

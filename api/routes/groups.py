"""Heat maps and statistics of groups of people."""

from __future__ import annotations

import datetime as dt
from typing import Annotated

from fastapi import Query, Response

from api.admission import Admitted, Call
from api.operations import Operations
from api.responses import Cursor, Fields, Limit, answer, cut_page, decode_cursor, encode_cursor
from api.schemas.common import AsOf, Id, UnitPath
from api.schemas.groups import (
    By,
    DistributionOut,
    GapStatisticsOut,
    GroupMapOut,
    HeatmapOut,
    PersonMapOut,
)
from recommender.service.groups.statistics import read_distribution, read_grade_map, read_unit_map
from recommender.service.groups.table import StatisticsRequest
from recommender.service.groups.team import read_team_map
from recommender.service.permissions import Permission

ROUTES = Operations("statistics")

Unit = Annotated[UnitPath | None, Query(description="Path of a unit: of it and those below it.")]
Grade = Annotated[Id | None, Query(description="Of this grade.")]


def _request(
    call: Call, as_of: dt.date | None, org_unit: str | None, grade: str | None
) -> StatisticsRequest:
    return StatisticsRequest(
        as_of=as_of or call.session.today,
        org_unit=org_unit,
        grade=grade,
    )


@ROUTES.operation(
    "GET",
    "/heatmap",
    Permission.READ_STATISTICS,
    answer=HeatmapOut,
    absent=True,
    conflict=True,
    example={"by": "org_unit", "org_unit": "南区示例分公司"},
)
def read_heatmap(
    call: Admitted,
    by: Annotated[By, Query(description="What a row is.")] = "org_unit",
    org_unit: Unit = None,
    grade: Grade = None,
    as_of: AsOf = None,
    cursor: Cursor = None,
    limit: Limit = 50,
) -> Response:
    """Map where people, units or grades stand, by competency.

    Rows are people (for those who may read their assessments), units or grades. Figures of
    groups are of the people within the caller's scope; an analyst's are of everybody. Those who may
    read no single person's assessments get the last end of a quarter up to the day, counts in steps
    of five, means in tenths, and no figures that fewer than five people have changed since an
    earlier quarter.
    """
    request = _request(call, as_of, org_unit, grade)
    if by == "person":
        (after,) = decode_cursor(cursor, ("",))
        rows, more = read_team_map(call.session, request, after=after, limit=limit)
        following = encode_cursor((rows[-1].person_id,)) if more else None
        people = {"as_of": request.as_of, "items": rows, "next": following}
        return answer(call, PersonMapOut.model_validate(people))
    read = read_unit_map if by == "org_unit" else read_grade_map
    group_map = read(call.session, request)
    items, following = cut_page(group_map.rows, cursor, limit)
    groups = {
        "by": by,
        "as_of": group_map.total.as_of,
        "total": group_map.total,
        "items": items,
        "next": following,
    }
    return answer(call, GroupMapOut.model_validate(groups))


@ROUTES.operation(
    "GET",
    "/gap-statistics",
    Permission.READ_STATISTICS,
    answer=GapStatisticsOut,
    absent=True,
    conflict=True,
    example={"grade": "g1"},
)
def read_gap_statistics(
    call: Admitted,
    org_unit: Unit = None,
    grade: Grade = None,
    as_of: AsOf = None,
    fields: Fields = None,
) -> Response:
    """Describe how levels and gaps are spread in a unit and grade, competency by competency.

    Days, counts and means are rounded as in `/heatmap`.
    """
    request = _request(call, as_of, org_unit, grade)
    row, spread = read_distribution(call.session, request)
    statistics = GapStatisticsOut(
        as_of=row.as_of,
        org_unit=row.org_unit,
        grade=row.grade,
        n_people=row.n_people,
        competencies=[
            DistributionOut.model_validate(
                {
                    **vars(distribution.figures),
                    "level_quartiles": distribution.level,
                    "gap_quartiles": distribution.gap,
                }
            )
            for distribution in spread
        ],
    )
    return answer(call, statistics, fields=fields)

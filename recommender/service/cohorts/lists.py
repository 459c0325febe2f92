"""The signature lists of a cohort, with names."""

from __future__ import annotations

from recommender.documents import RenderedPdf
from recommender.documents.cohort.seat_lists import (
    ListedPerson,
    LotteryNotice,
    SeatList,
    render_seat_lists_pdf,
)
from recommender.errors import ConflictError
from recommender.service.cohorts.reading import (
    get_cohort,
    latest_lotteries,
    read_cohort_log,
    read_seats,
)
from recommender.service.cohorts.workbook import name_course
from recommender.service.session import Session
from recommender.store.people.seats import find_offerings
from recommender.store.plans.cohorts import NamedSeat


def print_lists(session: Session, cohort_id: str) -> RenderedPdf:
    """Set a page to be signed for each run in which somebody has a seat.

    Raises
    ------
    NotFoundError
        If there is no such cohort, or the principal may not see it.
    ConflictError
        If nobody has a seat.
    """
    with session.reading() as connection:
        cohort = get_cohort(session, cohort_id)
        runs = [each for each in read_seats(session, cohort_id) if each.seated]
        log = read_cohort_log(session, cohort_id)
        places = find_offerings(connection, [each.offering.offering_id for each in runs])
    if not runs:
        raise ConflictError("cohort.no-seats")
    notices: dict[str, list[LotteryNotice]] = {}
    for entry in latest_lotteries(log):
        body = entry.body
        people = len(body["people"])
        notice = LotteryNotice(
            body["seats"], people, body["seats"] / people, body["seed"], body["digest"]
        )
        for offering_id in body["offerings"]:
            notices.setdefault(offering_id, []).append(notice)
    framework = session.service.framework
    lists = [
        SeatList(
            offering_id=each.offering.offering_id,
            course=name_course(framework, each.offering.module_id, session.lang),
            place=(run.place or "") if (run := places.get(each.offering.offering_id)) else "",
            starts_on=each.offering.starts_on,
            ends_on=each.offering.ends_on,
            seated=[_list(named) for named in each.seated],
            waiting=[_list(named) for named in each.waiting],
            lotteries=notices.get(each.offering.offering_id, ()),
            synthetic=each.names_synthetic,
        )
        for each in runs
    ]
    return render_seat_lists_pdf(
        lists,
        name=cohort.stored.name,
        is_draft=cohort.stored.published_at is None,
        as_of=cohort.stored.as_of,
        lang=session.lang,
    )


def _list(named: NamedSeat) -> ListedPerson:
    head = named.head
    return ListedPerson(head.person_id, head.name, head.org_unit.rpartition("/")[2])

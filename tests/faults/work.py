"""What clients do all at once: plans from draft to end, enrolments, imports, promotions.

Each script goes on for ever, over the connection it is handed, until that says `GoneError`.
"""

from __future__ import annotations

import itertools
import random
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

from organisations import AS_OF
from serving import EMPLOYEE, UNIT

from recommender.service.permissions import Role

from .asks import Ask, Client, GoneError, Record

IMPORTED_ROWS = 60
BEGIN_SECONDS = 300
ENROLLED_ON = AS_OF
_HEADER = "person_id,name,org_unit,grade\n"
_PARTIES = (Role.EMPLOYEE, Role.MANAGER, Role.HR)
N_PARTIES = len(_PARTIES)


@dataclass(frozen=True)
class Ground:
    """What requests may be about.

    Parameters
    ----------
    people : sequence of str
        Of the unit, without the employee of the cast.
    places : iterator of tuple of str
        People and modules, each pair once.
    models : sequence of str
        Two models that were trained.
    """

    people: Sequence[str]
    places: Iterator[tuple[str, str]]
    models: Sequence[str]


def make_ground(people: Sequence[str], modules: Sequence[str], models: Sequence[str]) -> Ground:
    """Shuffle what requests are about."""
    places = [*itertools.product(people, modules)]
    random.shuffle(places)
    return Ground(people, iter(places), models)


def plan_and_edit(client: Client, ground: Ground) -> None:
    """Make plans, edit them, comment on them, cancel them."""
    while True:
        plan = make_plan(client, random.choice(ground.people))
        if plan is None:
            continue
        place, version = plan
        for _ in range(2):
            note = f"edit {client.record.number()}"
            body = {"hours_budget": random.randrange(80, 200), "note": note}
            edited = client.ask("edit", note, Role.HR, "PATCH", place, body, seen=version)
            version = edited.version if edited.is_acknowledged else version
            text = f"comment {client.record.number()}"
            client.ask("comment", text, Role.HR, "POST", f"{place}/comments", {"text": text})
        _cancel(client, place, version)


def approve_and_activate(client: Client, _ground: Ground) -> None:
    """Make a plan for somebody, let all three parties approve it, put it in force, cancel it."""
    while True:
        plan = make_plan(client, EMPLOYEE)
        if plan is None:
            continue
        place, version = plan
        for role in _PARTIES:
            comment = f"decision {client.record.number()}"
            body = {"decision": "approved", "comment": comment}
            said = client.ask(
                "decision", comment, role, "POST", f"{place}/approvals", body, seen=version
            )
            version = said.version if said.is_acknowledged else version
        mark = f"{place} {version}"
        active = client.ask(
            "activation", mark, Role.HR, "POST", f"{place}/activation", seen=version
        )
        _cancel(client, place, active.version if active.is_acknowledged else version)


def enrol(client: Client, ground: Ground) -> None:
    """Enrol people in modules, and let some of them leave again."""
    for person, module in ground.places:
        mark = f"{person} {module}"
        place = f"/v1/people/{person}/enrolments"
        body = {"module_id": module, "enrolled_on": str(ENROLLED_ON)}
        made = client.ask("enrolment", mark, Role.HR, "POST", place, body)
        if made.is_acknowledged and random.random() < 0.5:
            client.ask(
                "leaving",
                mark,
                Role.HR,
                "PATCH",
                f"{place}/{module}/{ENROLLED_ON}",
                {"status": "cancelled"},
                seen=made.version,
            )


def import_people(client: Client, _ground: Ground) -> None:
    """Import tables of people, one after the other."""
    while True:
        mark = f"F{client.record.number():07d}"
        accepted = client.ask(
            "import",
            mark,
            Role.HR,
            "POST",
            f"/v1/imports/people?filename={mark}.csv",
            table_of_people(mark),
        )
        while accepted.is_acknowledged:
            _, job = client.get(Role.HR, f"{accepted.headers['location']}?wait=5")
            if job.get("finished_at"):
                break


def table_of_people(mark: str) -> bytes:
    """Return a table of people whose ids begin with a mark."""
    # of different names: two marks may give ids that are told apart by a hyphen alone, and one name
    # with both is refused as one person
    rows = [f"{mark}-{row},新人{mark},{UNIT}/政企客户部,g1\n" for row in range(IMPORTED_ROWS)]
    return (_HEADER + "".join(rows)).encode()


def promote(client: Client, ground: Ground) -> None:
    """Put one model in force, then the other; now and then roll back."""
    while True:
        for model in ground.models:
            switch(client, model)
            time.sleep(0.05)
        if random.random() < 0.5:
            reason = f"rollback {client.record.number()}"
            client.ask(
                "switch", reason, Role.ADMIN, "POST", "/v1/model-rollbacks", {"reason": reason}
            )


def switch(client: Client, model: str) -> Ask:
    """Put a model in force."""
    reason = f"promotion {client.record.number()}"
    place = f"/v1/models/{model}/promotion"
    return client.ask("switch", reason, Role.ADMIN, "POST", place, {"override_reason": reason})


def begin_job(client: Client) -> str:
    """Have plans made for everybody; return where the job is, once it is being worked on."""
    hours = _unheard_of(client)
    made = client.ask(
        "batch", f"{hours:.4f}", Role.ADMIN, "POST", "/v1/plan-batches", {"hours_budget": hours}
    )
    place = made.headers["location"]
    ends = time.monotonic() + BEGIN_SECONDS
    while client.get(Role.ADMIN, place)[1]["status"] == "queued":
        if time.monotonic() > ends:
            raise TimeoutError(f"nobody begins with {place}")
        time.sleep(0.2)
    return place


def make_plan(client: Client, person: str) -> tuple[str, int] | None:
    """Make a plan; return where it is and its version, or None if it is refused."""
    made = ask_for_plan(client, person)
    return (made.headers["location"], made.version) if made.is_acknowledged else None


def ask_for_plan(client: Client, person: str, hold: Callable[[], object] | None = None) -> Ask:
    """Ask for a plan with a budget that no other has; for `hold` see `Client.send`."""
    hours = _unheard_of(client)
    place = f"/v1/people/{person}/plans"
    body = {"hours_budget": hours}
    return client.ask("plan", f"{hours:.4f}", Role.HR, "POST", place, body, hold=hold)


def _unheard_of(client: Client) -> float:
    """Return a budget of hours that no other plan has."""
    return 40 + client.record.number() / 10_000


def _cancel(client: Client, place: str, version: int) -> None:
    note = f"end {client.record.number()}"
    client.ask(
        "cancellation", note, Role.HR, "POST", f"{place}/cancellation", {"note": note}, seen=version
    )


Script = Callable[[Client, Ground], None]
ALL_WORK: tuple[Script, ...] = (
    plan_and_edit,
    plan_and_edit,
    approve_and_activate,
    enrol,
    import_people,
    promote,
)


@contextmanager
def at_work(
    port: int,
    keys: Mapping[Role, str],
    record: Record,
    ground: Ground,
    scripts: Sequence[Script] = ALL_WORK,
) -> Iterator[None]:
    """Let a client work on each script, until the server is gone or the end of the context.

    What went wrong on the side of the clients is among the faults of the record.

    Parameters
    ----------
    port : int
        Of the server.
    keys : mapping of Role to str
        A key for each role.
    record : Record
        Of what they ask.
    ground : Ground
        What they ask about.
    scripts : sequence of callable
        What they do.
    """
    enough = threading.Event()

    def work(script: Script) -> None:
        client = Client(port, keys, record, enough)
        try:
            script(client, ground)
        except GoneError:
            pass
        except BaseException as error:
            record.faults.append(f"{script.__name__}: {error!r}")
        finally:
            client.close()

    threads = [threading.Thread(target=work, args=(script,), daemon=True) for script in scripts]
    for thread in threads:
        thread.start()
    try:
        yield
    finally:
        enough.set()
        for thread in threads:
            thread.join(600)
        if any(thread.is_alive() for thread in threads):
            record.faults.append("a client still waits for an answer")

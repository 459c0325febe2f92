"""Commands for standards: proposed, simulated, approved by two, listed."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import typer

from recommender.cli.app import command_group
from recommender.cli.common import Terminal, command
from recommender.cli.files import write_pdf
from recommender.cli.organisation.standard_review import add_review
from recommender.errors import InputError
from recommender.exchange.tables.sheets.encodings import decode_text
from recommender.service.standards import deciding, proposing, reading
from recommender.service.standards.pasted import parse_answers, parse_numbers
from recommender.service.standards.proposing import HandTarget, ProposalRequest
from recommender.service.standards.reading import APPROVALS, Proposal
from recommender.service.standards.report import write_standard_report
from recommender.service.standards.simulating import Simulation, simulate_standard


class Method(StrEnum):
    """How a standard is proposed."""

    BY_HAND = "by-hand"
    MEDIAN = "median-of-performers"
    ANGOFF = "angoff"


ProposalId = Annotated[
    str, typer.Argument(metavar="PROPOSAL", help="Id of the proposal; see standards list.")
]
Comment = Annotated[
    str | None, typer.Option(metavar="TEXT", help="What is to be said of it, for the record.")
]


def register(app: typer.Typer) -> None:
    """Add the commands."""
    group = command_group(
        "Review, propose, simulate and approve the standard levels of the grades."
    )
    command(group, "list", examples=["recommender standards list"])(list_all)
    command(
        group,
        "propose",
        examples=[
            "recommender standards propose g2 2027-01-01 --because 达标率超过九成"
            " --target resilience=2.5",
            "recommender standards propose g2 2027-01-01 --because 绩优人员"
            " --method median-of-performers --performers staff-numbers.txt",
        ],
    )(propose)
    command(
        group,
        "panel",
        examples=["recommender standards panel standard-0190a1b2c3d4 1 round-1.csv"],
    )(record)
    command(
        group,
        "show",
        examples=["recommender standards show standard-0190a1b2c3d4 --json"],
    )(show)
    command(
        group,
        "simulate",
        examples=["recommender standards simulate standard-0190a1b2c3d4 --plans"],
    )(simulate)
    for name, act in (("submit", submit), ("withdraw", withdraw)):
        command(group, name, examples=[f"recommender standards {name} standard-0190a1b2c3d4"])(act)
    for name, decide in (("approve", approve), ("reject", reject)):
        command(
            group,
            name,
            examples=[f"recommender standards {name} standard-0190a1b2c3d4 --comment 依据充分"],
        )(decide)
    command(
        group,
        "report",
        examples=["recommender standards report standard-0190a1b2c3d4 standard.pdf"],
    )(report)
    add_review(group)
    app.add_typer(group, name="standards")


def list_all(term: Terminal) -> None:
    """List the versions of each grade's standard, and what is proposed."""
    with term.session("standards list") as session:
        versions = reading.list_versions(session)
        proposals = reading.list_proposals(session, limit=200)
    if term.as_json:
        term.print_json(
            {
                "versions": [
                    {
                        **vars(each),
                        "changes": [
                            {"competency_id": name, "old_level": old, "new_level": new}
                            for name, old, new in each.changes
                        ],
                    }
                    for each in versions
                ],
                "proposals": [vars(each) for each in proposals],
            }
        )
        return
    term.print_table(
        term.say("cli.standards.versions"),
        _heads(term, ("grade", "from", "in-force", "changes", "source")),
        [
            (
                each.grade,
                str(each.effective_on),
                "✓" if each.in_force else "",
                "\n".join(f"{name} {old:g} → {new:g}" for name, old, new in each.changes),
                each.proposal_id or term.say("cli.standards.folder"),
            )
            for each in versions
        ],
    )
    if proposals:
        term.print_table(
            term.say("cli.standards.proposals"),
            _heads(term, ("proposal", "grade", "from", "method", "status")),
            [
                (
                    each.proposal_id,
                    each.grade,
                    str(each.effective_on),
                    term.say(f"standards.method.{each.method}"),
                    term.say(f"standards.status.{each.status}"),
                )
                for each in proposals
            ],
        )


def propose(
    term: Terminal,
    grade: Annotated[str, typer.Argument(metavar="GRADE", help="Grade the standard is for.")],
    effective_on: Annotated[
        dt.datetime,
        typer.Argument(
            metavar="DATE", formats=["%Y-%m-%d"], help="From this day on; it lies in the future."
        ),
    ],
    because: Annotated[str, typer.Option(metavar="TEXT", help="Why it is proposed.")],
    method: Annotated[Method, typer.Option(help="How the levels are found.")] = Method.BY_HAND,
    target: Annotated[
        list[str] | None,
        typer.Option(
            metavar="COMPETENCY=LEVEL", help="By hand: a target that changes; repeatable."
        ),
    ] = None,
    performers: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE", help="By the median: staff numbers of proven performers, a line each."
        ),
    ] = None,
) -> None:
    """Propose a standard; it is a draft, and counts for nobody until two have approved it."""
    request = ProposalRequest(
        grade=grade,
        effective_on=effective_on.date(),
        method=method.value,
        rationale=because,
        targets=dict(_read_target(each) for each in target or ()),
        performers=parse_numbers(decode_text(performers)) if performers else (),
    )
    with term.session() as session:
        proposal = proposing.propose_standard(session, request)
    _print(term, proposal)
    term.print("cli.standards.proposed", proposal_id=proposal.stored.proposal_id)


def record(
    term: Terminal,
    proposal: ProposalId,
    number: Annotated[
        int, typer.Argument(metavar="ROUND", min=1, max=2, help="First or second round.")
    ],
    file: Annotated[
        Path,
        typer.Argument(metavar="FILE", help="CSV file: expert (a label), competency, level."),
    ],
) -> None:
    """Record what the experts of a panel judged in a round; the second makes the targets."""
    with term.session() as session:
        answers = parse_answers(session.service.framework, decode_text(file))
        recorded = proposing.record_round(session, proposal, number, answers)
    _print(term, recorded)


def show(term: Terminal, proposal: ProposalId) -> None:
    """Show a proposal: its targets, what its panel judged, who has decided."""
    with term.session("standards show") as session:
        found = reading.read_proposal(session, proposal)
    _print(term, found)


def simulate(
    term: Terminal,
    proposal: ProposalId,
    plans: Annotated[
        bool, typer.Option("--plans", help="Also try plans, for hours and cost; takes seconds.")
    ] = False,
) -> None:
    """Say who would move and which gaps would open or close, before a standard counts."""
    with term.session("standards simulate") as session:
        told = simulate_standard(session, proposal, with_plans=plans)
    if term.as_json:
        term.print_json(_plain(told))
        return
    term.print("cli.standards.moves", people=told.people, moved=told.moved, day=told.as_of)
    term.print_table(
        "",
        _heads(term, ("competency", "old", "new", "assessed", "below", "then", "opened", "closed")),
        [
            (
                row.competency_id,
                f"{row.old_level:g}",
                f"{row.new_level:g}",
                *map(
                    str,
                    (row.assessed, row.below_before, row.below_after, row.opened, row.closed),
                ),
            )
            for row in told.rows
        ],
    )
    for each in told.movers or ():
        term.show(
            "  ".join(
                (
                    f"{each.name} ({each.person_id})",
                    *(f"+ {name}" for name in each.opened),
                    *(f"− {name}" for name in each.closed),
                )
            )
        )
    if told.estimate:
        term.print(
            "cli.standards.plans",
            affected=told.estimate.affected,
            tried=told.estimate.tried,
            hours=f"{told.estimate.hours_after - told.estimate.hours_before:+,.0f}",
            cost=f"{told.estimate.cost_after - told.estimate.cost_before:+,.0f}",
        )


def submit(term: Terminal, proposal: ProposalId) -> None:
    """Hand a draft in for approval; from then on it stays as it is."""
    _turn(term, proposal, deciding.submit_standard)


def withdraw(term: Terminal, proposal: ProposalId) -> None:
    """Withdraw a proposal that is not decided yet."""
    _turn(term, proposal, deciding.withdraw_standard)


def approve(term: Terminal, proposal: ProposalId, comment: Comment = None) -> None:
    """Approve a standard; two people have to, neither of them its author.

    The command line counts as one person, whoever gives the command.
    """
    _turn(term, proposal, deciding.approve_standard, comment=comment)


def reject(term: Terminal, proposal: ProposalId, comment: Comment = None) -> None:
    """Reject a standard that waits for approval; one is enough."""
    _turn(term, proposal, deciding.reject_standard, comment=comment)


def report(
    term: Terminal,
    proposal: ProposalId,
    file: Annotated[Path, typer.Argument(metavar="FILE", help="PDF file to write.")],
) -> None:
    """Write the report on a proposal: evidence, method, simulation, approvals."""
    with term.session("standards report") as session:
        pdf = write_standard_report(session, proposal)
    write_pdf(term, file, pdf)
    if term.as_json:
        term.print_json({"proposal_id": proposal, "file": str(file)})
    term.print("cli.standards.written", file=file)


def _turn(
    term: Terminal, proposal_id: str, act: Callable[..., Proposal], **given: str | None
) -> None:
    with term.session() as session:
        proposal = act(session, proposal_id, **given)
    _print(term, proposal)


def _print(term: Terminal, proposal: Proposal) -> None:
    stored = proposal.stored
    if term.as_json:
        term.print_json(
            {
                **vars(stored),
                "targets": [vars(each) for each in proposal.targets],
                "judgements": [vars(each) for each in proposal.judgements],
                "decisions": [vars(each) for each in proposal.decisions],
            }
        )
        return
    term.print(
        "cli.standards.head",
        proposal_id=stored.proposal_id,
        grade=stored.grade,
        day=stored.effective_on,
        method=term.say(f"standards.method.{stored.method}"),
        status=term.say(f"standards.status.{stored.status}"),
        rationale=stored.rationale,
    )
    if proposal.changes:
        term.print_table(
            "",
            _heads(term, ("competency", "old", "new", "found", "of")),
            [
                (
                    each.competency_id,
                    f"{each.old_level:g}",
                    f"{each.new_level:g}",
                    "" if each.found is None else f"{each.found:.2f}",
                    "" if each.found_of is None else str(each.found_of),
                )
                for each in proposal.changes
            ],
        )
    for each in proposal.decisions:
        term.show(
            "  ".join(
                (
                    f"{each.decided_at:%Y-%m-%d %H:%M}",
                    each.actor,
                    term.say(f"standards.status.{each.decision}"),
                    each.comment or "",
                )
            ).rstrip()
        )
    if stored.status == "submitted":
        term.print("cli.standards.waits", left=APPROVALS - len(proposal.approvals))


def _plain(told: Simulation) -> dict[str, Any]:
    return {
        "as_of": told.as_of,
        "people": told.people,
        "moved": told.moved,
        "competencies": [vars(row) for row in told.rows],
        "movers": None if told.movers is None else [vars(each) for each in told.movers],
        "plans": told.estimate and vars(told.estimate),
    }


def _heads(term: Terminal, names: tuple[str, ...]) -> list[tuple[str, str]]:
    numbers = {"old", "new", "found", "of", "assessed", "below", "then", "opened", "closed"}
    return [
        (term.say(f"standards.column.{name}"), "right" if name in numbers else "left")
        for name in names
    ]


def _read_target(text: str) -> tuple[str, HandTarget]:
    name, _, level = text.partition("=")
    try:
        return name.strip(), HandTarget(float(level))
    except ValueError:
        raise InputError("standard.target-text", found=text) from None

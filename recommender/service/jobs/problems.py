"""Why a job failed: kept as codes and values, told in the language of the reader."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

from recommender.errors import (
    FaultCause,
    ForbiddenError,
    RecommenderError,
    TableFault,
    TableFaultsError,
)
from recommender.exchange import describe_causes, describe_faults
from recommender.texts import explain
from training_catalog import CatalogError


@dataclass(frozen=True)
class Failure:
    """Why a job failed, as it is kept.

    Parameters
    ----------
    problem : dict
        Code and values.
    details : dict or None
        The bad rows of a table or catalogue.
    report : bytes or None
        Copy of a table with its bad cells marked, .xlsx.
    is_final : bool
        Whether a job that repeats is not done again: whoever asked for it may no longer.
    """

    problem: dict[str, Any]
    details: dict[str, Any] | None = None
    report: bytes | None = None
    is_final: bool = False


@dataclass(frozen=True)
class JobProblem:
    """Why a job failed, in words.

    Parameters
    ----------
    message, hint : str
        What went wrong, and how to mend it.
    faults : list of dict
        Bad rows: ``sheet, row, column, found, expected, message, hint`` each.
    causes : list of dict
        The same by cause: ``code, column, count, message, hint, example`` each.
    """

    code: str
    message: str
    hint: str
    faults: list[dict[str, Any]] = field(default_factory=list[dict[str, Any]])
    causes: list[dict[str, Any]] = field(default_factory=list[dict[str, Any]])


def pack_problem(error: RecommenderError) -> dict[str, Any]:
    """Return a known problem as JSON keeps it."""
    # paths and dates are no JSON; what a text needs of them is how they read
    values = {
        name: value if isinstance(value, int | float | str | None) else str(value)
        for name, value in error.values.items()
    }
    return {"code": error.code, "values": values}


def pack_failure(error: RecommenderError | CatalogError, report: bytes | None = None) -> Failure:
    """Return what is kept of a problem that ended a job."""
    if isinstance(error, CatalogError):
        # the name alone: a caller need not learn the paths of the server
        values = {"folder": error.folder.name, "count": len(error.faults)}
        rows = [
            {
                "sheet": "",
                "row": 0,
                "column": f"{fault.file} {fault.key}".strip(),
                "message": fault.what.model_dump(by_alias=True),
                "hint": fault.hint.model_dump(by_alias=True),
            }
            for fault in error.faults
        ]
        return Failure({"code": "catalog.faults", "values": values}, {"catalog": rows})
    if isinstance(error, TableFaultsError):
        rows = [asdict(fault) for fault in error.faults]
        causes = [asdict(cause) for cause in error.causes]
        return Failure(pack_problem(error), {"table": rows, "causes": causes}, report)
    return Failure(pack_problem(error), is_final=isinstance(error, ForbiddenError))


def tell_problem(
    problem: Mapping[str, Any], lang: str, details: Mapping[str, Any] | None = None
) -> JobProblem:
    """Say why a job failed, with the bad rows if the details that were kept are given."""
    code, values = problem["code"], problem["values"]
    message, hint = explain(RecommenderError(code, **values), lang)
    faults: list[dict[str, Any]] = []
    causes: list[dict[str, Any]] = []
    if details and "table" in details:
        rows = [TableFault(**row) for row in details["table"]]
        kept = [
            FaultCause(**cause | {"example": TableFault(**cause["example"])})
            for cause in details.get("causes", ())
        ]
        error = TableFaultsError(values["file"], rows, kept)
        faults, causes = describe_faults(error, lang), describe_causes(error, lang)
    elif details and "catalog" in details:
        faults = [
            {**row, "found": "", "expected": ""}
            | {name: row[name][lang] for name in ("message", "hint")}
            for row in details["catalog"]
        ]
    return JobProblem(code, message, hint, faults, causes)

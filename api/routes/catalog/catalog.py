"""The catalogue: competencies, targets, modules and what surrounds them."""

from __future__ import annotations

from typing import Annotated

from fastapi import Path, Query, Response

from api.admission import Admitted
from api.operations import PDF, Operations
from api.responses import Cursor, Fields, Limit, answer, cut_page, send
from api.schemas.catalog.catalog import (
    CatalogOut,
    CertificationPage,
    CompetencyOut,
    CompetencyPage,
    JobProfileOut,
    Kind,
    LearningPathOut,
    LearningPathPage,
    ModuleOut,
    ModulePage,
    ProfileOut,
    ProfilePage,
    TermPage,
)
from api.schemas.common import AsOf, Hours, Id, Line, MoneyIn
from recommender.service.catalog import browsing
from recommender.service.catalog.browsing import ModuleOrder, ModuleQuery
from recommender.service.permissions import Permission
from training_catalog import Modality

ROUTES = Operations("catalogue")

Words = Annotated[
    Line | None,
    Query(description="All of these words stand in it, in Chinese or English; case does not count"),
]
CompetencyId = Annotated[Id, Path(description="A competency of the catalogue.")]
ModuleId = Annotated[Id, Path(description="A module of the catalogue.")]
Grade = Annotated[Id | None, Query(description="For this grade.")]


@ROUTES.operation("GET", "/catalog", Permission.READ_CATALOG, answer=CatalogOut, example={})
def read_catalog(call: Admitted, fields: Fields = None) -> Response:
    """Read what the catalogue is: its digest, settings, levels, grades and categories."""
    catalog = browsing.read_catalog(call.session)
    return answer(call, CatalogOut.model_validate(catalog), fields=fields)


@ROUTES.operation(
    "GET",
    "/competencies",
    Permission.READ_CATALOG,
    answer=CompetencyPage,
    example={"kind": "behavioural", "q": "客户"},
)
def list_competencies(
    call: Admitted,
    category: Annotated[Id | None, Query(description="Of this category.")] = None,
    kind: Annotated[Kind | None, Query(description="Judged by behaviour or by exams.")] = None,
    q: Words = None,
    fields: Fields = None,
    cursor: Cursor = None,
    limit: Limit = 50,
) -> Response:
    """List competencies."""
    competencies = browsing.list_competencies(call.session, category=category, kind=kind, text=q)
    items, following = cut_page(competencies, cursor, limit)
    page = CompetencyPage.model_validate({"items": items, "next": following})
    return answer(call, page, fields=fields)


@ROUTES.operation(
    "GET",
    "/competencies/{competency_id}",
    Permission.READ_CATALOG,
    answer=CompetencyOut,
    absent=True,
    example={"competency_id": "resilience"},
)
def read_competency(call: Admitted, competency_id: CompetencyId, fields: Fields = None) -> Response:
    """Read a competency: its levels, indicators and exams."""
    competency = browsing.find_competency(call.session, competency_id)
    return answer(call, CompetencyOut.model_validate(competency), fields=fields)


@ROUTES.operation(
    "GET", "/profiles", Permission.READ_CATALOG, answer=ProfilePage, example={"grade": "g2"}
)
def list_profiles(
    call: Admitted,
    grade: Grade = None,
    as_of: AsOf = None,
    fields: Fields = None,
    cursor: Cursor = None,
    limit: Limit = 50,
) -> Response:
    """List the target profiles in force on a day."""
    day = as_of or call.session.today
    profiles = browsing.list_profiles(call.session, as_of=day, grade=grade)
    items, following = cut_page(profiles, cursor, limit)
    page = ProfilePage.model_validate({"items": items, "next": following})
    return answer(call, page, fields=fields)


@ROUTES.operation(
    "GET",
    "/profiles/{grade}",
    Permission.READ_CATALOG,
    answer=ProfileOut,
    absent=True,
    example={"grade": "g2"},
)
def read_profile(
    call: Admitted,
    grade: Annotated[Id, Path(description="A grade of the catalogue.")],
    as_of: AsOf = None,
    fields: Fields = None,
) -> Response:
    """Read the target profile of a grade that is in force on a day."""
    profile = browsing.find_profile(call.session, grade, as_of=as_of or call.session.today)
    return answer(call, ProfileOut.model_validate(profile), fields=fields)


@ROUTES.operation(
    "GET",
    "/modules",
    Permission.READ_CATALOG,
    answer=ModulePage,
    example={"competency_id": "resilience", "level": 1, "max_hours": 16, "sort": "cost"},
)
def list_modules(
    call: Admitted,
    competency_id: Annotated[Id | None, Query(description="Serving this competency.")] = None,
    level: Annotated[
        float | None, Query(ge=0, le=4, description="With a step that takes on at this level.")
    ] = None,
    modality: Annotated[Modality | None, Query(description="Taught like this.")] = None,
    grade: Grade = None,
    max_hours: Annotated[Hours | None, Query(description="No longer than this.")] = None,
    max_cost: Annotated[MoneyIn | None, Query(description="No dearer than this, in CNY.")] = None,
    retired: Annotated[bool | None, Query(description="Retired ones, or the others.")] = None,
    q: Words = None,
    sort: Annotated[ModuleOrder, Query(description="The lowest first.")] = "id",
    fields: Fields = None,
    cursor: Cursor = None,
    limit: Limit = 50,
) -> Response:
    """List modules."""
    query = ModuleQuery(
        competency_id=competency_id,
        level=level,
        modality=modality,
        grade=grade,
        max_hours=max_hours,
        max_cost=None if max_cost is None else float(max_cost),
        retired=retired,
        text=q,
        order=sort,
    )
    items, following = cut_page(browsing.list_modules(call.session, query), cursor, limit)
    page = ModulePage.model_validate({"items": items, "next": following})
    return answer(call, page, fields=fields)


@ROUTES.operation(
    "GET",
    "/modules/{module_id}",
    Permission.READ_CATALOG,
    answer=ModuleOut,
    absent=True,
    example={"module_id": "account-handover-visit-coaching"},
)
def read_module(call: Admitted, module_id: ModuleId, fields: Fields = None) -> Response:
    """Read a module in full."""
    module = browsing.find_module(call.session, module_id)
    return answer(call, ModuleOut.model_validate(module), fields=fields)


@ROUTES.operation(
    "GET",
    "/modules/{module_id}/sheet",
    Permission.READ_CATALOG,
    media={PDF: "One A4 page, in Chinese or English by `Accept-Language`."},
    absent=True,
    example={"module_id": "account-handover-visit-coaching"},
)
def read_module_sheet(call: Admitted, module_id: ModuleId) -> Response:
    """Print a module on one page."""
    sheet = browsing.make_module_sheet(call.session, module_id)
    return send(call, sheet, media_type=PDF, filename=f"{module_id}.{call.lang}.pdf")


@ROUTES.operation(
    "GET", "/learning-paths", Permission.READ_CATALOG, answer=LearningPathPage, example={}
)
def list_learning_paths(
    call: Admitted,
    grade: Grade = None,
    fields: Fields = None,
    cursor: Cursor = None,
    limit: Limit = 50,
) -> Response:
    """List learning paths."""
    items, following = cut_page(browsing.list_paths(call.session, grade=grade), cursor, limit)
    page = LearningPathPage.model_validate({"items": items, "next": following})
    return answer(call, page, fields=fields)


@ROUTES.operation(
    "GET",
    "/learning-paths/{path_id}",
    Permission.READ_CATALOG,
    answer=LearningPathOut,
    absent=True,
    example={"path_id": "solution-selling"},
)
def read_learning_path(
    call: Admitted,
    path_id: Annotated[Id, Path(description="A learning path of the catalogue.")],
    fields: Fields = None,
) -> Response:
    """Read a learning path."""
    path = browsing.find_learning_path(call.session, path_id)
    return answer(call, LearningPathOut.model_validate(path), fields=fields)


@ROUTES.operation(
    "GET", "/certifications", Permission.READ_CATALOG, answer=CertificationPage, example={}
)
def list_certifications(
    call: Admitted, fields: Fields = None, cursor: Cursor = None, limit: Limit = 50
) -> Response:
    """List the levels of the certification of the post."""
    items, following = cut_page(browsing.list_certifications(call.session), cursor, limit)
    page = CertificationPage.model_validate({"items": items, "next": following})
    return answer(call, page, fields=fields)


@ROUTES.operation(
    "GET",
    "/job-profile",
    Permission.READ_CATALOG,
    answer=JobProfileOut,
    absent=True,
    example={},
)
def read_job_profile(call: Admitted, fields: Fields = None) -> Response:
    """Read what the post is for, its duties and results, and who can enter it."""
    profile = browsing.read_job_profile(call.session)
    return answer(call, JobProfileOut.model_validate(profile), fields=fields)


@ROUTES.operation(
    "GET", "/glossary", Permission.READ_CATALOG, answer=TermPage, example={"q": "方案"}
)
def list_terms(
    call: Admitted, q: Words = None, fields: Fields = None, cursor: Cursor = None, limit: Limit = 50
) -> Response:
    """List the terms of the glossary."""
    items, following = cut_page(browsing.list_terms(call.session, text=q), cursor, limit)
    page = TermPage.model_validate({"items": items, "next": following})
    return answer(call, page, fields=fields)

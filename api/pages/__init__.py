"""Pages for people: the console, a folder or file an area, named as in `recommender.service`."""

from __future__ import annotations

from fastapi import APIRouter

from api.pages import calendar, home, jobs, language, plan_documents, plans
from api.pages.imports import files, forms
from api.pages.people import changes, listing, person, team
from api.pages.signing_in import accounts, entering, own, provider

AREAS: tuple[APIRouter, ...] = (
    entering.PAGES,
    provider.PAGES,
    own.PAGES,
    accounts.PAGES,
    home.PAGES,
    language.PAGES,
    listing.PAGES,
    person.PAGES,
    changes.PAGES,
    team.PAGES,
    *plans.AREAS,
    plan_documents.PAGES,
    # before the files: "forms" is no id of a file
    forms.PAGES,
    files.PAGES,
    calendar.PAGES,
    jobs.PAGES,
)

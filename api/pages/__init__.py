"""Pages for people: the console, a folder or file an area, named as in `recommender.service`."""

from __future__ import annotations

from fastapi import APIRouter

from api.pages import calendar, home, jobs, language, me, plan_documents, plans
from api.pages.administration import audit, keys, privacy
from api.pages.campaigns import asking, campaign
from api.pages.catalog import courses
from api.pages.cohorts import asking as cohort_asking
from api.pages.cohorts import cohort
from api.pages.effects import courses as effects
from api.pages.guide import first_hour, manual
from api.pages.imports import files, forms
from api.pages.models import registry, watch
from api.pages.organisation import heat
from api.pages.people import changes, listing, person, team
from api.pages.signing_in import accounts, entering, own, provider
from api.pages.standards import evidence as standard_evidence
from api.pages.standards import listing as standard_listing
from api.pages.standards import proposal as standard_proposal
from api.pages.today import overview

AREAS: tuple[APIRouter, ...] = (
    entering.PAGES,
    provider.PAGES,
    own.PAGES,
    accounts.PAGES,
    home.PAGES,
    first_hour.PAGES,
    manual.PAGES,
    me.PAGES,
    overview.PAGES,
    heat.PAGES,
    language.PAGES,
    listing.PAGES,
    person.PAGES,
    changes.PAGES,
    team.PAGES,
    *plans.AREAS,
    # before the others: "new" is no id of a campaign
    asking.PAGES,
    campaign.PAGES,
    # before the others: "new" is no id of a cohort
    cohort_asking.PAGES,
    cohort.PAGES,
    plan_documents.PAGES,
    # before the files: "forms" is no id of a file
    forms.PAGES,
    files.PAGES,
    calendar.PAGES,
    jobs.PAGES,
    keys.PAGES,
    audit.PAGES,
    privacy.PAGES,
    courses.PAGES,
    # before the models: "watch" is no id of one
    watch.PAGES,
    effects.PAGES,
    registry.PAGES,
    # before the proposals: "new" is no id of one
    standard_listing.PAGES,
    standard_evidence.PAGES,
    standard_proposal.PAGES,
)

"""The operations of the API, a folder or file a domain, named as in `recommender.service`."""

from api.routes import campaigns, cohorts, forms, groups, health, jobs, levels, privacy
from api.routes.access import audit, caller, keys
from api.routes.catalog import catalog, offerings, standards
from api.routes.learning import effectiveness, history, models, watch
from api.routes.people import enrolments, facts, imports, people, uploads
from api.routes.plans import calendars, changes, documents, plans
from api.routes.recommend import many, one

GROUPS = (
    health.ROUTES,
    caller.ROUTES,
    levels.ROUTES,
    one.ROUTES,
    people.ROUTES,
    plans.ROUTES,
    changes.ROUTES,
    calendars.ROUTES,
    documents.ROUTES,
    facts.ROUTES,
    enrolments.ROUTES,
    many.ROUTES,
    history.ROUTES,
    effectiveness.ROUTES,
    catalog.ROUTES,
    offerings.ROUTES,
    standards.ROUTES,
    jobs.ROUTES,
    campaigns.ROUTES,
    cohorts.ROUTES,
    uploads.ROUTES,
    imports.ROUTES,
    forms.ROUTES,
    groups.ROUTES,
    audit.ROUTES,
    keys.ROUTES,
    privacy.ROUTES,
    # before the models: "watch" is no id of one
    watch.ROUTES,
    models.ROUTES,
)

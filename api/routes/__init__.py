"""The operations of the API, a file a group."""

from api.routes import caller, catalogue, health, offerings, standing

GROUPS = (health.ROUTES, caller.ROUTES, standing.ROUTES, catalogue.ROUTES, offerings.ROUTES)

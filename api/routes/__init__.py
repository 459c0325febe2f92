"""The operations of the API, a file a group."""

from api.routes import caller, health, standing

GROUPS = (health.ROUTES, caller.ROUTES, standing.ROUTES)

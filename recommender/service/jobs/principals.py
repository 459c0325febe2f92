"""On whose behalf a job runs: as its row keeps it."""

from __future__ import annotations

from typing import Any

from recommender.service.permissions import Permission, Principal, Role


def describe_principal(who: Principal) -> dict[str, Any]:
    """Return a principal as a job keeps it."""
    return {
        "actor": who.actor,
        "role": who.role.value,
        "permissions": sorted(permission.value for permission in who.permissions),
        "person_id": who.person_id,
        "org_unit": who.org_unit,
    }


def read_principal(kept: dict[str, Any]) -> Principal:
    """Return the principal that a job keeps, with the rights it had when it asked."""
    permissions = frozenset(Permission(name) for name in kept["permissions"])
    return Principal(**{**kept, "role": Role(kept["role"]), "permissions": permissions})

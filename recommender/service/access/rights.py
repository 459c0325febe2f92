"""What a key or an account may be given, checked when it is made."""

from __future__ import annotations

from collections.abc import Sequence

from recommender.errors import InputError, NotFoundError
from recommender.service.permissions import PERMISSIONS, Permission, Role, grantable
from recommender.store import EVERYONE, Connection, find_person, org_path, unit_exists


def check_rights(
    connection: Connection,
    role: Role,
    *,
    person_id: str | None,
    org_unit: str | None,
    permissions: Sequence[Permission] = (),
) -> None:
    """Check whose data a key or an account is to see, and what it is to be allowed.

    Raises
    ------
    InputError
        If the role needs a person, cannot have a unit, or lacks one of the permissions.
    NotFoundError
        If there is no such person or unit.
    """
    if role in (Role.EMPLOYEE, Role.MANAGER) and person_id is None:
        raise InputError("keys.needs-person", role=role.value)
    if org_unit is not None and role is not Role.HR:
        raise InputError("keys.no-unit", role=role.value)
    if person_id is not None and not find_person(connection, EVERYONE, person_id):
        raise NotFoundError("person.unknown", person_id=person_id)
    if org_unit is not None and not unit_exists(connection, org_path(org_unit)):
        raise NotFoundError("org-unit.unknown", org_unit=org_unit)
    for permission in permissions:
        if permission not in grantable(role):
            raise InputError("keys.permission", role=role.value, permission=permission.value)


def permissions_kept(
    role: Role, permissions: Sequence[Permission] | None, also: Sequence[Permission]
) -> list[str] | None:
    """Return what is stored of permissions; None for what the role has, also in times to come."""
    if permissions is None and not also:
        return None
    first = PERMISSIONS[role] if permissions is None else permissions
    return sorted({permission.value for permission in (*first, *also)})

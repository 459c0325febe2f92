"""Who may what: roles, permissions, and whose rows a principal may see.

A role holds permissions. A key may hold fewer of them; more only where the role has some that are
granted one by one. Whose rows they apply to is the principal's `scope`, which is part of every
query about people.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from ipaddress import IPv6Address, ip_address, ip_network

from recommender.errors import ForbiddenError
from recommender.store import EVERYONE, NO_ONE, Scope


class Role(StrEnum):
    """What somebody is to the people in the service."""

    EMPLOYEE = "employee"
    MANAGER = "manager"
    HR = "hr"
    ANALYST = "analyst"
    SYSTEM_ADMIN = "system-admin"
    ACCESS_ADMIN = "access-admin"
    AUDITOR = "auditor"
    # all of it in one hand, for a small installation: DECISIONS, 22
    ADMIN = "admin"


class Permission(StrEnum):
    """What can be allowed; one operation needs one of them."""

    READ_CATALOG = "catalog:read"
    WRITE_OFFERINGS = "offerings:write"
    READ_PEOPLE = "people:read"
    WRITE_PEOPLE = "people:write"
    READ_ASSESSMENTS = "assessments:read"
    WRITE_ASSESSMENTS = "assessments:write"
    READ_RECOMMENDATIONS = "recommendations:read"
    READ_PLANS = "plans:read"
    WRITE_PLANS = "plans:write"
    APPROVE_PLANS = "plans:approve"
    READ_STATISTICS = "statistics:read"
    WRITE_STANDARDS = "standards:write"
    APPROVE_STANDARDS = "standards:approve"
    READ_ENROLMENTS = "enrolments:read"
    WRITE_ENROLMENTS = "enrolments:write"
    IMPORT = "imports:write"
    RUN_JOBS = "jobs:run"
    RUN_CAMPAIGNS = "campaigns:run"
    READ_HISTORY = "history:read"
    READ_MODELS = "models:read"
    WRITE_MODELS = "models:write"
    EXPORT_PERSON = "privacy:export"
    ERASE_PERSON = "privacy:erase"
    RUN_RETENTION = "privacy:retention"
    OBJECT = "objections:write"
    ANSWER_OBJECTIONS = "objections:answer"
    READ_AUDIT = "audit:read"
    MANAGE_KEYS = "keys:write"
    READ_METRICS = "metrics:read"


# counts told to readers who may not know who is counted go in steps of this
_COUNT_STEP = 5

_SELF = {
    Permission.READ_CATALOG,
    Permission.READ_PEOPLE,
    Permission.READ_ASSESSMENTS,
    Permission.READ_RECOMMENDATIONS,
    Permission.READ_PLANS,
    Permission.WRITE_PLANS,
    Permission.APPROVE_PLANS,
    Permission.READ_ENROLMENTS,
    Permission.EXPORT_PERSON,
    Permission.OBJECT,
}
_MANAGER = _SELF | {
    Permission.WRITE_ASSESSMENTS,
    Permission.READ_STATISTICS,
    Permission.RUN_JOBS,
    Permission.WRITE_ENROLMENTS,
}
_HR = (_MANAGER - {Permission.EXPORT_PERSON}) | {
    Permission.WRITE_OFFERINGS,
    Permission.WRITE_PEOPLE,
    Permission.IMPORT,
    Permission.RUN_CAMPAIGNS,
    Permission.WRITE_STANDARDS,
    Permission.APPROVE_STANDARDS,
    Permission.READ_HISTORY,
    Permission.READ_MODELS,
    Permission.ANSWER_OBJECTIONS,
}
# sees figures and models, and no single person
_ANALYST = {
    Permission.READ_CATALOG,
    Permission.READ_STATISTICS,
    Permission.RUN_JOBS,
    Permission.READ_HISTORY,
    Permission.READ_MODELS,
    Permission.WRITE_MODELS,
}
# The three below have no permission in common, so that none of them can do another's part.
# runs the installation, and reaches nobody's data
_SYSTEM_ADMIN = {
    Permission.READ_CATALOG,
    Permission.RUN_JOBS,
    Permission.READ_MODELS,
    Permission.WRITE_MODELS,
    Permission.RUN_RETENTION,
    Permission.READ_METRICS,
}
_ACCESS_ADMIN = {Permission.MANAGE_KEYS}
# reads, and changes nothing
_AUDITOR = {Permission.READ_AUDIT}

PERMISSIONS: dict[Role, frozenset[Permission]] = {
    Role.EMPLOYEE: frozenset(_SELF),
    Role.MANAGER: frozenset(_MANAGER),
    Role.HR: frozenset(_HR),
    Role.ANALYST: frozenset(_ANALYST),
    Role.SYSTEM_ADMIN: frozenset(_SYSTEM_ADMIN),
    Role.ACCESS_ADMIN: frozenset(_ACCESS_ADMIN),
    Role.AUDITOR: frozenset(_AUDITOR),
    # also those that are added later
    Role.ADMIN: frozenset(Permission),
}
"""What a role may do unless its key says otherwise."""

# Taking all of a person's data away, or taking it out of the world, is not part of HR's daily work.
GRANTED_SINGLY: dict[Role, frozenset[Permission]] = {
    Role.HR: frozenset({Permission.EXPORT_PERSON, Permission.ERASE_PERSON})
}
"""What a key of a role may do only if it was granted by name."""


@dataclass(frozen=True)
class Principal:
    """Who is asking.

    Parameters
    ----------
    actor : str
        Name in the audit trail: ``key:…``, ``token:…`` or ``cli``; not a person's name.
    role : Role
        In which role.
    permissions : frozenset of Permission
        What is allowed.
    person_id : str or None
        The person behind it; employees and managers have one.
    org_unit : str or None
        Path of the unit an HR principal is responsible for; None for the whole organisation.
    networks : sequence of str or None
        The addresses requests may come from, as CIDR blocks; None for all.
    """

    actor: str
    role: Role
    permissions: frozenset[Permission]
    person_id: str | None = None
    org_unit: str | None = None
    networks: Sequence[str] | None = None

    @property
    def scope(self) -> Scope:
        """Whose rows the principal may see."""
        # each role by name, so that a role added later sees nobody
        if self.role is Role.ADMIN or (self.role is Role.HR and self.org_unit is None):
            return EVERYONE
        if self.role is Role.HR:
            return Scope(org_unit=self.org_unit, person_id=self.person_id)
        if self.role is Role.MANAGER:
            return Scope(person_id=self.person_id, reports_of=self.person_id)
        if self.role is Role.EMPLOYEE:
            return Scope(person_id=self.person_id)
        return NO_ONE

    @property
    def sees_people(self) -> bool:
        """Whether the principal may read where single people stand; others get coarser figures."""
        return {Permission.READ_PEOPLE, Permission.READ_ASSESSMENTS} <= self.permissions

    def need(self, permission: Permission) -> None:
        """Raise a `ForbiddenError` unless the permission is there."""
        if permission not in self.permissions:
            raise ForbiddenError("access.forbidden", permission=permission.value)

    def may_come_from(self, address: str | None) -> bool:
        """Say whether requests may come from an address; None is one that is not known."""
        if self.networks is None:
            return True
        try:
            client = ip_address(address or "")
        except ValueError:
            return False
        # as a server that listens on IPv6 names a client of IPv4
        if isinstance(client, IPv6Address) and client.ipv4_mapped is not None:
            client = client.ipv4_mapped
        return any(client in ip_network(network) for network in self.networks)


COMMAND_LINE = Principal("cli", Role.ADMIN, PERMISSIONS[Role.ADMIN])


def round_count(people: int) -> int | None:
    """Return a count for readers who see no single person: in steps of five, None below the first.

    Then the difference of two counts hardly ever tells that a single person came or went.
    """
    return people - people % _COUNT_STEP or None


def grant(role: Role, wanted: Iterable[str] | None) -> frozenset[Permission]:
    """Return what a key may do: what it was made for, as far as its role allows."""
    if wanted is None:
        return PERMISSIONS[role]
    return grantable(role) & {Permission(name) for name in wanted}


def grantable(role: Role) -> frozenset[Permission]:
    """Return all that a key of a role can be allowed."""
    return PERMISSIONS[role] | GRANTED_SINGLY.get(role, frozenset())

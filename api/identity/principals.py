"""For whom the holder of a provider's token acts."""

from __future__ import annotations

import hashlib

from api.identity.tokens import Claims, TokenRefused
from recommender.service.access.keys import org_path
from recommender.service.permissions import PERMISSIONS, Principal, Role

_WHOLE_ORGANISATION = "*"


def principal_of_claims(claims: Claims) -> Principal:
    """Return the principal that a provider's claims speak for.

    Raises
    ------
    TokenRefused
        If the provider names no role, or not whom or what the role is for.
    """
    if claims.role is None:
        raise TokenRefused("claims")
    role = Role(claims.role)
    if role in (Role.EMPLOYEE, Role.MANAGER) and claims.person_id is None:
        raise TokenRefused("claims")
    unit = None
    if role is Role.HR and claims.org_unit != _WHOLE_ORGANISATION:
        unit = org_path(claims.org_unit or "")
        if not unit:
            raise TokenRefused("claims")
    # The subject may be a name or a mail address, which must not stand in the log and the audit
    # trail; its hash tells callers apart just as well.
    subject = hashlib.sha256(f"{claims.issuer} {claims.subject}".encode()).hexdigest()[:16]
    return Principal(
        actor=f"token:{subject}",
        role=role,
        permissions=PERMISSIONS[role],
        person_id=claims.person_id,
        org_unit=unit,
    )

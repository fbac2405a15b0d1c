"""What one call cannot say: the functions that rows name in `code` and `again`, and those that answers name."""

from __future__ import annotations

from collections.abc import Mapping

from scimbridge.operations.answers import Find
from scimbridge.operations.carrying_out import Carry, Settle
from scimbridge.operations.drafts import Functions
from scimbridge.operations.steps import account, agreements, finding, links, memberships, passwords, roles, sessions

CARRY: Mapping[str, Carry] = {
    "find_one": finding.find_one,
    "find_some": finding.find_some,
    "find_population": finding.find_population,
    "members": finding.find_members,
    "renew_quota": account.renew_quota,
    "checked": passwords.check,
    "change": passwords.change,
    "each_session": sessions.end_each,
    "presented": agreements.present,
    "accept": agreements.accept,
    "agreement_text": agreements.read_texts,
    "consents": agreements.list_consents,
    "link": links.link,
    "assign": roles.assign,
    "assignments": roles.read_assignments,
    "take_role": roles.take,
    "groups": memberships.read_groups,
    "join": memberships.join,
    "leave": memberships.leave,
}
SETTLE: Mapping[str, Settle] = {
    "verified": account.is_verified,
    "email_verified": account.is_email_verified,
    "password_changed": passwords.is_changed,
    "linked": links.is_linked,
    "assigned": roles.is_assigned,
}
ANSWER: Mapping[str, Find] = {
    "role_name": roles.name_role,
    "seal": agreements.seal,
}
NEEDS: Mapping[str, tuple[str, ...]] = {
    "find_one": ("attributes", "identifier"),
    "find_population": ("identifier",),
    "accept": ("presentationId",),
    "join": ("groupId",),
    **dict.fromkeys(("link", "linked"), ("identityProvider", "externalId")),
    **dict.fromkeys(("assign", "assigned"), ("role", "scopeType", "scopeId")),
}
"""The inputs without which a function cannot do its work."""
FUNCTIONS = Functions(CARRY, SETTLE, ANSWER, NEEDS)

"""Where PingOne's documents leave a question open: one switch for each reading (docs/pingone.md §14).

Knows the questions and the answer taken by default; the modules that care read the field they need.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

ADDED = "addedTomorrow"


@dataclass(frozen=True, slots=True)
class Switches:
    """One frozen set of readings; the defaults are those that docs/pingone.md §14 recommends.

    `page_step` and the ceilings count records; lifetimes are seconds; `*_status` are HTTP statuses.
    """

    email_required: bool = False
    duplicate_membership: Literal["refuse", "accept"] = "refuse"
    indirect_removal: Literal["refuse", "ignore"] = "refuse"
    population_with_users_status: Literal[400, 409] = 400
    group_population: Literal["strict", "ignore"] = "strict"
    empty_lock: Literal["locks", "ignored"] = "locks"
    strict_patterns: bool = True
    count_ceiling: int | None = None
    """`count` is left out of answers above this many records; None: always present."""
    highest_count: int | None = None
    """`count` is never told higher than this, however many there are; None: it is right."""
    page_ceiling: int = 200
    page_step: int = 100
    """`limit` is rounded up to a multiple of this (docs/pingone.md §6)."""
    oversized_limit: Literal["clip", "refuse"] = "clip"
    unsupported_filter_code: Literal["INVALID_REQUEST", "INVALID_DATA"] = "INVALID_REQUEST"
    mfa_by_default: bool = False
    unknown_environment_status: Literal[403, 404] = 403
    malformed_id_status: Literal[400, 404] = 404
    unknown_attributes: Literal["ignore", "refuse"] = "ignore"
    case_sensitive_filters: bool = False
    nested_merge: Literal["members", "whole"] = "members"
    """Merge PATCH of an object: member by member, or the object replaced whole."""
    auth_method: Literal["basic", "post"] = "basic"
    token_lifetime: int = 3600
    rights: Literal["admin", "read", "none"] = "admin"
    """The worker's role: Identity Data Admin, Identity Data Read Only, or none (no token at all)."""
    shows_roles: bool = False
    """Whether there are routes by which the worker sees which roles it has."""
    environment_type: Literal["SANDBOX", "PRODUCTION"] = "SANDBOX"
    narrow_filters: bool = False
    cursor_bound_to_token: bool = True
    cursor_lifetime: float | None = None
    enabled_on_create: Literal["accept", "ignore"] = "accept"
    existing_id: bool = True
    """Whether a uniqueness fault names the holder in `innerError.existingId`."""
    group_checksum: bool = True
    unknown_group_status: Literal[400, 404] = 400
    """Answer to a membership whose body names a group that does not exist."""
    read_only_in_put: Literal["refuse", "ignore"] = "refuse"
    """What a PUT of a group or population does with members that only PingOne writes."""
    added_field: Literal["writable", "read_only"] = "writable"
    """What becomes of a member named as `ADDED` says, which no document has, in a PUT of a group or population."""
    ignored_filters: frozenset[str] = frozenset()
    """Attributes whose conditions hold for everybody, as where PingOne leaves out what it does not know."""
    accent_blind_filters: bool = False
    user_id_filter: bool = False
    group_name_prefix_filter: bool = False
    past_unlock: Literal["refuse", "ignore"] = "refuse"
    """What a lock does whose `unlockAt` is over."""
    late_lock: float = 0.0
    """Seconds after its creation in which a user cannot be locked: 415."""
    current_password: Literal["checked", "ignored"] = "checked"  # noqa: S105 - a word
    """What becomes of `currentPassword` where the actor is a worker."""
    reset_policy: Literal["applied", "skipped"] = "applied"
    """Whether the policy holds for what an administrator resets."""
    force_change_type: Literal["bare", "json"] = "bare"
    """Whether the media type of that call ends with `+json`, as all others do."""
    unusable_password: Literal["wrong", "named"] = "wrong"  # noqa: S105 - a word
    """How the check of one is refused that is locked out, is none or lies elsewhere: as a wrong one, or by name."""
    wrong_recovery_code: Literal["INVALID_OTP", "INVALID_VALUE"] = "INVALID_OTP"
    password_history: int = 3
    """So many passwords back cannot be used again."""
    mails_a_day: int = 50
    mail_limit_status: Literal[400, 429] = 400
    consents_listed: Literal["all", "answered"] = "answered"
    """Whether the list of consents tells of agreements that were never answered."""
    revoked_status: Literal["REVOKED", "PENDING"] = "REVOKED"
    accepted_code: Literal[200, 201] = 200
    reads_agreements: bool = True
    """Whether the worker is Environment Admin as well, which agreements are read by."""
    agreement_text: Literal["revision", "host", "nowhere"] = "revision"
    """Where the text of an agreement stands."""
    device_action_code: Literal[200, 204] = 204
    second_link: Literal["refuse", "accept"] = "refuse"
    group_names_order: Literal["same", "other"] = "other"
    """Whether `memberOfGroupNames` has the order of `memberOfGroupIDs`."""
    alternative_identifier_filter: bool = False
    sessions_come_back: bool = False
    """Whether a user signs on again as soon as a session ends."""

"""The schemas of RFC 7643 §8.7.1 and the URNs of the protocol, as constants.

Every attribute and sub-attribute stands here with its characteristics, whether PingOne keeps it or
not; what is published is decided by the mapping tables. Knows no target. Three additions to
§8.7.1, each taken from elsewhere in RFC 7643: `addresses.primary` (§2.4, §8.2), `members.display`
(§2.4, §4.2 and §8.4), and `required` for a group's displayName (§4.2).
"""

from __future__ import annotations

from scimbridge.scim.characteristics import COMMON, META, Attribute, Found, ResourceType, Schema
from scimbridge.scim.errors import ERROR_URN
from scimbridge.scim.usernames import USERNAME

__all__ = [
    "BULK_RESPONSE_URN",
    "BULK_URN",
    "COMMON",
    "CORE_GROUP",
    "CORE_USER",
    "ENTERPRISE_URN",
    "ENTERPRISE_USER",
    "ERROR_URN",
    "GROUP_URN",
    "LIST_URN",
    "META",
    "PATCH_URN",
    "RESOURCE_TYPE_URN",
    "SCHEMA_URN",
    "SEARCH_URN",
    "SPC_URN",
    "USER_URN",
    "Attribute",
    "Found",
    "ResourceType",
    "Schema",
]

USER_URN = "urn:ietf:params:scim:schemas:core:2.0:User"
GROUP_URN = "urn:ietf:params:scim:schemas:core:2.0:Group"
ENTERPRISE_URN = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"
SPC_URN = "urn:ietf:params:scim:schemas:core:2.0:ServiceProviderConfig"
RESOURCE_TYPE_URN = "urn:ietf:params:scim:schemas:core:2.0:ResourceType"
SCHEMA_URN = "urn:ietf:params:scim:schemas:core:2.0:Schema"
LIST_URN = "urn:ietf:params:scim:api:messages:2.0:ListResponse"
PATCH_URN = "urn:ietf:params:scim:api:messages:2.0:PatchOp"
SEARCH_URN = "urn:ietf:params:scim:api:messages:2.0:SearchRequest"
BULK_URN = "urn:ietf:params:scim:api:messages:2.0:BulkRequest"
BULK_RESPONSE_URN = "urn:ietf:params:scim:api:messages:2.0:BulkResponse"

_PRIMARY = Attribute("primary", type="boolean", description="Whether this is the preferred value; at most one is.")


def _text(name: str, description: str) -> Attribute:
    return Attribute(name, description=description)


def _kind(*usual: str) -> Attribute:
    return Attribute("type", canonical_values=usual, description="What the value is used for.")


def _plural(name: str, description: str, value: Attribute, *usual: str) -> Attribute:
    """Return a list whose elements have value, display, type and primary (RFC 7643 §2.4)."""
    display = _text("display", "Name of the value for people to read.")
    return Attribute(
        name,
        type="complex",
        multi_valued=True,
        description=description,
        sub=(value, display, _kind(*usual), _PRIMARY),
    )


_NAME = Attribute(
    "name",
    type="complex",
    description="The parts of the person's name.",
    sub=(
        _text("formatted", "The whole name as it is shown."),
        _text("familyName", "Family name, or last name."),
        _text("givenName", "Given name, or first name."),
        _text("middleName", "Middle name or names."),
        _text("honorificPrefix", "Title before the name, such as Ms."),
        _text("honorificSuffix", "Suffix after the name, such as III."),
    ),
)

_ADDRESSES = Attribute(
    "addresses",
    type="complex",
    multi_valued=True,
    description="Postal addresses.",
    sub=(
        _text("formatted", "The whole address as printed on a label; may hold line breaks."),
        _text("streetAddress", "Street, house number, post box; may hold line breaks."),
        _text("locality", "City or place."),
        _text("region", "State or region."),
        _text("postalCode", "Postal code."),
        _text("country", "Country, as an ISO 3166-1 alpha-2 code."),
        _kind("work", "home", "other"),
        _PRIMARY,
    ),
)

_GROUPS = Attribute(
    "groups",
    type="complex",
    multi_valued=True,
    mutability="readOnly",
    description="Groups that the user is a member of.",
    sub=(
        Attribute("value", mutability="readOnly", description="Id of the group."),
        Attribute(
            "$ref",
            type="reference",
            mutability="readOnly",
            reference_types=("User", "Group"),
            description="URI of the group.",
        ),
        Attribute("display", mutability="readOnly", description="Name of the group."),
        Attribute(
            "type",
            mutability="readOnly",
            canonical_values=("direct", "indirect"),
            description="Whether the membership is direct or inherited.",
        ),
    ),
)

CORE_USER = Schema(
    USER_URN,
    "User",
    "User account",
    (
        Attribute(
            "userName",
            required=True,
            uniqueness="server",
            profile=USERNAME,
            description="Name that the user signs on with; no two users share one.",
        ),
        _NAME,
        _text("displayName", "Name of the user as shown to people."),
        _text("nickName", "Casual name, such as Bob for Robert."),
        Attribute(
            "profileUrl",
            type="reference",
            reference_types=("external",),
            description="URL of the user's profile page.",
        ),
        _text("title", "Job title."),
        _text("userType", "Relation of the user to the organisation, such as Employee."),
        _text("preferredLanguage", "Preferred language, as in an Accept-Language header."),
        _text("locale", "Locale for dates, numbers and currency, such as en-GB."),
        _text("timezone", "Time zone by its IANA name, such as Europe/London."),
        Attribute("active", type="boolean", description="Whether the account may be used."),
        Attribute(
            "password",
            mutability="writeOnly",
            returned="never",
            description="Clear-text password to set; never shown.",
        ),
        _plural("emails", "E-mail addresses.", _text("value", "E-mail address."), "work", "home", "other"),
        _plural(
            "phoneNumbers",
            "Telephone numbers.",
            _text("value", "Telephone number."),
            *("work", "home", "mobile", "fax", "pager", "other"),
        ),
        _plural(
            "ims",
            "Instant messaging addresses.",
            _text("value", "Instant messaging address."),
            *("aim", "gtalk", "icq", "xmpp", "msn", "skype", "qq", "yahoo"),
        ),
        _plural(
            "photos",
            "Photographs of the user.",
            Attribute(
                "value",
                type="reference",
                reference_types=("external",),
                description="URL of the photograph.",
            ),
            *("photo", "thumbnail"),
        ),
        _ADDRESSES,
        _GROUPS,
        _plural("entitlements", "Things that the user is entitled to.", _text("value", "The entitlement.")),
        _plural("roles", "Roles that the user has.", _text("value", "The role.")),
        _plural(
            "x509Certificates",
            "Certificates issued to the user.",
            Attribute("value", type="binary", description="The certificate, base64 of its DER form."),
        ),
    ),
)

CORE_GROUP = Schema(
    GROUP_URN,
    "Group",
    "Group",
    (
        Attribute("displayName", required=True, description="Name of the group."),
        Attribute(
            "members",
            type="complex",
            multi_valued=True,
            description="Members of the group.",
            sub=(
                Attribute("value", mutability="immutable", description="Id of the member."),
                Attribute(
                    "$ref",
                    type="reference",
                    mutability="immutable",
                    reference_types=("User", "Group"),
                    description="URI of the member.",
                ),
                Attribute(
                    "type",
                    mutability="immutable",
                    canonical_values=("User", "Group"),
                    description="Resource type of the member.",
                ),
                Attribute("display", mutability="readOnly", description="Name of the member."),
            ),
        ),
    ),
)

ENTERPRISE_USER = Schema(
    ENTERPRISE_URN,
    "EnterpriseUser",
    "Enterprise user",
    (
        _text("employeeNumber", "Number or code that the organisation gave the person."),
        _text("costCenter", "Cost centre."),
        _text("organization", "Organisation."),
        _text("division", "Division."),
        _text("department", "Department."),
        Attribute(
            "manager",
            type="complex",
            description="The user's manager.",
            sub=(
                _text("value", "Id of the manager."),
                Attribute("$ref", type="reference", reference_types=("User",), description="URI of the manager."),
                Attribute("displayName", mutability="readOnly", description="Name of the manager."),
            ),
        ),
    ),
)

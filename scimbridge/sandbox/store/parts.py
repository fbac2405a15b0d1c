"""What every environment has beside its users: roles, a gateway, agreements; the same each time.

Writes straight into the directory, past the checks.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from scimbridge.sandbox.store.records import Json

if TYPE_CHECKING:
    from scimbridge.sandbox.store.directory import Directory

_ROLES: Final = (
    ("Identity Data Admin", ("ENVIRONMENT", "POPULATION"), ("users:update:user", "authn:read:sessions")),
    ("Identity Data Read Only", ("ENVIRONMENT", "POPULATION"), ("users:read:user",)),
    ("Help Desk Admin", ("ENVIRONMENT", "POPULATION"), ("users:unlock:user", "users:reset:password")),
    ("Environment Admin", ("ORGANIZATION", "ENVIRONMENT"), ("agreements:read:userConsent", "gateways:read:gateway")),
    ("Application Owner", ("APPLICATION", "GROUP"), ("applications:read:application",)),
)  # fmt: skip
_TEXTS: Final = (("en-GB", "Terms of use", "You agree to be kind."), ("de-DE", "Nutzung", "Sie stimmen zu."))


def seed_environment(directory: Directory) -> None:
    """Fill what hangs on no user."""
    held = directory.hanging
    for number, (name, scopes, permissions) in enumerate(_ROLES, start=1):
        key = _key(1, number)
        held.roles[key] = {
            "id": key, "name": name, "description": f"Role {name}", "applicableTo": list(scopes),
            "permissions": [{"id": each} for each in permissions],
        }  # fmt: skip
    gateway = _key(2, 1)
    held.gateways[gateway] = {
        "id": gateway, "name": "Head Office LDAP", "type": "LDAP", "enabled": True,
        "userTypes": [{"id": _key(3, 1), "name": "Staff", "passwordAuthority": "PING_ONE"}],
    }  # fmt: skip
    for number, name in enumerate(("Terms", "Old Terms"), start=1):
        _add_agreement(directory, number, name, enabled=name == "Terms")


def _add_agreement(directory: Directory, number: int, name: str, *, enabled: bool) -> None:
    held, key = directory.hanging, _key(4, number)
    held.agreements[key] = {"id": key, "name": name, "enabled": enabled, **directory.stamps()}
    held.languages[key] = {}
    for place, (locale, title, text) in enumerate(_TEXTS, start=1):
        language, revision = _key(5, 10 * number + place), _key(6, 10 * number + place)
        held.revisions[language] = {revision: _revision(revision, text)}
        held.languages[key][language] = {
            "id": language, "locale": locale, "displayName": title, "enabled": True,
            "currentRevision": {"id": revision},
            "userExperience": {"acceptCheckboxText": "I agree", "continueButtonText": "Go on",
                               "declineButtonText": "No"},
        }  # fmt: skip


def revise(directory: Directory, agreement: str, language: str, text: str) -> str:
    """Give an agreement a new text in one language; return the id of the revision."""
    with directory.lock:
        key = directory.new_id()
        directory.hanging.revisions[language][key] = _revision(key, text)
        held = directory.hanging.languages[agreement]
        held[language] = {**held[language], "currentRevision": {"id": key}}
        return key


def _revision(key: str, text: str) -> Json:
    return {"id": key, "contentType": "text/plain", "requireReconsent": False, "text": text}


def _key(kind: int, number: int) -> str:
    return f"5a0d{kind:04x}-0000-4000-8000-{number:012x}"

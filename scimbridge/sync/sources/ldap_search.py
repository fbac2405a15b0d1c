"""A search in an LDAP directory as a source, Active Directory too, through python-ldap (RFC 4511, paged by RFC 2696).

Read page by page. A limit of the server's, a referral to elsewhere, or a list of values that is given in parts refuses
the source: what is missing is never taken for gone.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from scimbridge.sync.rules.values import SourceRules
from scimbridge.sync.sources.extras import import_extra
from scimbridge.sync.sources.faults import SourceFaults, refuse
from scimbridge.sync.sources.reader import Record
from scimbridge.sync.sources.secrets import Secrets

PAGE = 500
PEOPLE = "(objectClass=person)"
_PATIENCE = 30.0
_DN = "dn"


class LdapSearch:
    """One search. The columns are attributes, of which those that are `needed` are asked for, and `dn`."""

    unit = "entry"
    is_file = False
    made: float | None = None
    digest: str | None = None
    columns: tuple[str, ...] = ()

    def __init__(self, rules: SourceRules, needed: tuple[str, ...], environ: Mapping[str, str]) -> None:
        self.name = f"{rules.options['base']} at {rules.place}"
        self._ldap = import_extra("ldap", "ldap", self.name)
        self._controls = import_extra("ldap.controls", "ldap", self.name)
        self._rules, self._needed = rules, needed
        self._password = Secrets(rules.options, environ, self.name).get("password")
        self._page = int(rules.options.get("page_size", PAGE))
        with self._bound():
            pass

    @contextmanager
    def _bound(self) -> Iterator[Any]:
        """Have a connection that is bound as the rules say. Raises `SourceRefused`."""
        ldap, options = self._ldap, self._rules.options
        user = options.get("user")
        try:
            connection = ldap.initialize(self._rules.place, bytes_mode=False)
            connection.set_option(ldap.OPT_REFERRALS, ldap.OPT_OFF)
            connection.set_option(ldap.OPT_NETWORK_TIMEOUT, _PATIENCE)
            connection.set_option(ldap.OPT_TIMEOUT, _PATIENCE)
            if "ca_file" in options:
                connection.set_option(ldap.OPT_X_TLS_CACERTFILE, options["ca_file"])
            connection.set_option(ldap.OPT_X_TLS_REQUIRE_CERT, ldap.OPT_X_TLS_DEMAND)
            connection.set_option(ldap.OPT_X_TLS_NEWCTX, 0)
            if options.get("start_tls"):
                connection.start_tls_s()
        except (ldap.LDAPError, ValueError) as error:
            raise refuse(self.name, f"cannot be reached: {_said(error)}") from None
        try:
            if user is not None and not self._password:
                raise refuse(self.name, 'has a user and no password; write password = { env = "NAME" }')
            connection.simple_bind_s(user or "", self._password or "")
            yield connection
        except ldap.INVALID_CREDENTIALS:
            raise refuse(self.name, "does not take this user and password") from None
        except ldap.LDAPError as error:
            raise refuse(self.name, _why(ldap, error)) from None
        finally:
            connection.unbind_ext_s()

    def read(self, faults: SourceFaults) -> Iterator[Record]:
        """Yield the entries, page by page."""
        number = 0
        with self._bound() as connection:
            for entry, attributes in self._pages(connection, faults):
                number += 1
                record = self._record(number, entry, attributes, faults)
                if record is not None:
                    yield number, record

    def _pages(self, connection: Any, faults: SourceFaults) -> Iterator[tuple[str, dict[str, list[bytes]]]]:
        ldap, options = self._ldap, self._rules.options
        wanted = [name for name in self._needed if name != _DN] or ["1.1"]
        scope = ldap.SCOPE_ONELEVEL if options.get("scope") == "one" else ldap.SCOPE_SUBTREE
        cookie = b""
        while True:
            paging = self._controls.SimplePagedResultsControl(True, size=self._page, cookie=cookie)
            asked = connection.search_ext(
                options["base"], scope, options.get("filter", PEOPLE), wanted, serverctrls=[paging]
            )
            kind, found, _id, controls = connection.result3(asked, timeout=_PATIENCE)
            if kind is None:
                raise faults.refusal("did not answer in time")
            for entry, attributes in found:
                if entry is not None:
                    yield entry, attributes
                elif options.get("referrals") != "ignore":
                    what = 'refers to another server for a part of it; narrow base, or say referrals = "ignore"'
                    raise faults.refusal(what)
            cookie = next((each.cookie for each in controls if each.controlType == paging.controlType), b"")
            if not cookie:
                return

    def _record(
        self, number: int, entry: str, attributes: Mapping[str, list[bytes]], faults: SourceFaults
    ) -> dict[str, Any] | None:
        there = {name.casefold(): (name, values) for name, values in attributes.items()}
        record: dict[str, Any] = {}
        for wanted in self._needed:
            if wanted == _DN:
                record[wanted] = entry
                continue
            parted = next((name for name in there if name.startswith(f"{wanted.casefold()};range=")), None)
            if parted is not None:
                faults.at(number, f"{wanted} has more values than the server gives at once")
                return None
            _name, values = there.get(wanted.casefold(), (wanted, []))
            try:
                texts = tuple(_text(wanted, each) for each in values)
            except UnicodeDecodeError:
                faults.at(number, f"{wanted} is binary, and no text; name another attribute")
                return None
            record[wanted] = texts[0] if len(texts) == 1 else texts or ""
        return record


def _text(name: str, value: bytes) -> str:
    if name.casefold() == "objectguid" and len(value) == 16:  # noqa: PLR2004 - bytes of a UUID
        return str(uuid.UUID(bytes_le=value))
    return value.decode()


def _why(ldap: Any, error: Exception) -> str:
    match error:
        case ldap.SIZELIMIT_EXCEEDED() | ldap.ADMINLIMIT_EXCEEDED() | ldap.TIMELIMIT_EXCEEDED():
            return f"gives less than all of it ({_said(error)}); take a smaller page_size, or a user without that limit"
        case ldap.NO_SUCH_OBJECT():
            return "its base is not there, or this user may not see it"
        case ldap.FILTER_ERROR():
            return "its filter is none of LDAP's, as (objectClass=person)"
        case ldap.SERVER_DOWN() | ldap.TIMEOUT() | ldap.CONNECT_ERROR():
            return f"cannot be reached: {_said(error)}"
    return f"the server says: {_said(error)}"


def _said(error: Exception) -> str:
    """Return what python-ldap says: a description, and what the server adds, if it does."""
    held = error.args[0] if error.args else None
    if isinstance(held, dict):
        parts = (held.get("desc"), held.get("info"))
        return ", ".join(str(each) for each in parts if each)[:200] or type(error).__name__
    return str(error)[:200] or type(error).__name__

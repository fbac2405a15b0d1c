"""A small company to play with, the same one each time: populations, users, groups (250 users by default).

Writes straight into the tables, past the checks, so that 100,000 users take a second or two; the values are
such that the checks would pass.
"""

from __future__ import annotations

import random
import unicodedata
import uuid
from dataclasses import replace
from typing import TYPE_CHECKING, Final

from scimbridge.sandbox.model.groups import compile_user_filter
from scimbridge.sandbox.model.schema import SchemaAttribute
from scimbridge.sandbox.model.users import ACCOUNT_OFF, ACCOUNT_OK, PING_ONE
from scimbridge.sandbox.store.parts import seed_environment
from scimbridge.sandbox.store.records import Json, stamp

if TYPE_CHECKING:
    from scimbridge.sandbox.store.directory import Directory

USERS: Final = 250
_BIRTHDAY: Final = 1_704_096_000  # 2024-01-01T08:00:00Z, in seconds
_GIVEN: Final = (
    "Ada", "Björn", "Chloé", "Dmitri", "Elif", "Femi", "Grace", "Hiroshi", "Inês", "Jürgen", "Katarzyna",
    "Luís",
    "Mária", "Ngozi", "Olga", "Przemysław", "Quentin", "Ruth", "Søren", "Tomás", "Usha", "Věra", "Wei", "Zoë",
)  # fmt: skip
_FAMILY: Final = (
    "Andersson", "Böhm", "Čapek", "Díaz", "Eriksen", "Fournier", "García", "Hughes", "Ibrahim", "Jónsdóttir",
    "Kowalski", "Lefèvre", "Müller", "Nguyen", "O'Neill", "Papadopoulos", "Quist", "Rossi", "Şahin", "Tanaka",
    "Ueda", "van den Berg", "Wójcik", "Yavuz", "Zimmermann-Roth",
)  # fmt: skip
_PLACES: Final = (
    ("Berlin", "Berlin", "10115", "DE", "Europe/Berlin", "de-DE", "Lindenstraße 9"),
    ("Lyon", "Auvergne-Rhône-Alpes", "69002", "FR", "Europe/Paris", "fr-FR", "12 rue Mercière"),
    ("Leeds", "Yorkshire", "LS1 4AP", "GB", "Europe/London", "en-GB", "4 Park Row"),
    ("Kraków", "Małopolskie", "31-042", "PL", "Europe/Warsaw", "pl-PL", "Rynek Główny 7"),
    ("Nagoya", "Aichi", "460-0008", "JP", "Asia/Tokyo", "ja-JP", "3-5 Sakae"),
)
_TITLES: Final = ("Engineer", "Analyst", "Account Manager", "Technician", "Lead", "Accountant")
_DEPARTMENTS: Final = ("Research", "Sales", "Finance", "Operations")
_POPULATIONS: Final = (
    ("Employees", "People on the payroll", True),
    ("Partners", "Resellers and consultants", False),
    ("Customers", "People who buy", False),
)
_PROVIDERS: Final = (("Partner Login", "OPENID_CONNECT"), ("Head Office SAML", "SAML"))
# name, population or None, every how-manyth user is in it
_GROUPS: Final = (
    ("All Hands", None, 2),
    ("Engineering", None, 9),
    ("Platform Team", None, 17),
    ("Research", "Employees", 5),
    ("Sales", "Employees", 6),
    ("Sales", "Partners", 3),
    ("Newsletter", "Customers", 2),
    ("Empty Room", None, 0),
)


class _Company:
    def __init__(self, directory: Directory, seed: int) -> None:
        self.directory = directory
        self.random = random.Random(seed)  # noqa: S311 - the same company each time
        self.populations: dict[str, Json] = {}
        self.places: dict[str, list[str]] = {}

    def new_id(self) -> str:
        return str(uuid.UUID(int=self.random.getrandbits(128), version=4))

    def times(self, minutes: int) -> Json:
        moment = stamp(_BIRTHDAY + 60 * minutes)
        return {"createdAt": moment, "updatedAt": moment}

    def add_schema(self) -> None:
        for name, type_, multi in (
            ("department", "STRING", False),
            ("costCentres", "STRING", True),
            ("preferences", "JSON", False),
        ):
            attribute = SchemaAttribute(self.new_id(), name, "JSON" if type_ == "JSON" else "STRING")
            self.directory.schema.put(replace(attribute, multi_valued=multi))

    def add_providers(self) -> None:
        for name, type_ in _PROVIDERS:
            provider_id = self.new_id()
            self.directory.providers[provider_id] = {
                "id": provider_id, "name": name, "type": type_, "enabled": True, **self.times(0),
            }  # fmt: skip

    def add_populations(self) -> None:
        policy = {"id": self.new_id()}
        for name, description, default in _POPULATIONS:
            record: Json = {
                "id": self.new_id(), "name": name, "description": description, "default": default,
                "passwordPolicy": policy, **self.times(0),
            }  # fmt: skip
            self.populations[name] = {"id": record["id"]}
            self.places[name] = []
            self.directory.populations.add(record)

    def add_user(self, number: int) -> None:
        pick = self.random
        given, family = pick.choice(_GIVEN), pick.choice(_FAMILY)
        place = pick.choices(("Employees", "Partners", "Customers"), (7, 2, 1))[0]
        username = f"{_plain(given)}.{_plain(family)}{number}"
        enabled = pick.random() > 0.06  # noqa: PLR2004 - some are disabled
        record: Json = {
            "id": self.new_id(),
            "username": username,
            "email": f"{username}@example.com",
            "name": {"given": given, "family": family},
            "account": ACCOUNT_OK if enabled else ACCOUNT_OFF,
            "emailVerified": number % 3 == 0,
            "enabled": enabled,
            "identityProvider": PING_ONE,
            "lifecycle": {"status": "ACCOUNT_OK"},
            "mfaEnabled": number % 4 == 0,
            "population": self.populations[place],
            "verifyStatus": "NOT_INITIATED",
            **self.times(number),
        }
        self._add_details(record, number)
        self.directory.users.add(record)
        self.places[place].append(record["id"])

    def _add_details(self, record: Json, number: int) -> None:
        pick = self.random
        locality, region, postal_code, country, timezone, locale, street = pick.choice(_PLACES)
        if number % 10:
            record["address"] = {
                "streetAddress": street, "locality": locality, "region": region,
                "postalCode": postal_code, "countryCode": country,
            }  # fmt: skip
            record |= {"timezone": timezone, "locale": locale, "preferredLanguage": locale.lower()}
        if number % 2:
            record |= {"title": pick.choice(_TITLES), "department": pick.choice(_DEPARTMENTS)}
            record["mobilePhone"] = f"+49 151 {1_000_000 + number}"
        if number % 3:
            record["externalId"] = f"hr-{number:06d}"
            record["primaryPhone"] = f"+49 30 {500_000 + number}"
        if not number % 5:
            record |= {
                "nickname": record["name"]["given"],
                "type": "Contractor",
                "accountId": f"acc-{number}",
            }
            record["costCentres"] = [f"cc-{number % 7}", f"cc-{number % 11 + 20}"]
        if not number % 25:
            record["photo"] = {"href": f"https://photos.example.com/{number}.png"}
            record["lastSignOn"] = {"at": record["updatedAt"], "remoteIp": "203.0.113.7"}

    def add_groups(self) -> None:
        everyone = [record["id"] for record in self.directory.users]
        made: dict[str, str] = {}
        for minute, (name, place, step) in enumerate(_GROUPS):
            record: Json = {"id": self.new_id(), "name": name, **self.times(minute)}
            if place is not None:
                record["population"] = self.populations[place]
            if name == "Research":
                record |= {"description": "Looks into things", "externalId": "grp-7"}
                record["customData"] = {"securityGroup": True, "groupOwner": "it"}
            self.directory.groups.add(record)
            made[name] = record["id"]
            pool = everyone if place is None else self.places[place]
            for user_id in pool[::step] if step else ():
                self.directory.edges.add("users", user_id, record["id"])
        self.directory.edges.add("groups", made["Platform Team"], made["Engineering"])
        self._add_dynamic()

    def _add_dynamic(self) -> None:
        text = 'address.locality eq "Berlin" and enabled eq true'
        record: Json = {"id": self.new_id(), "name": "Berlin Office", "userFilter": text, **self.times(30)}
        dynamic = compile_user_filter(self.directory, text)
        self.directory.groups.add(record)
        if dynamic is not None:
            self.directory.dynamic[record["id"]] = dynamic


def _plain(name: str) -> str:
    """Return the name in ASCII letters, for a username."""
    spread = unicodedata.normalize("NFKD", name.replace("ł", "l").replace("ø", "o"))
    return "".join(letter for letter in spread.lower() if letter.isascii() and letter.isalpha())


def seed_company(directory: Directory, users: int = USERS, *, seed: int = 1) -> None:
    """Fill an empty directory: three populations, the users, nine groups; the same for the same arguments."""
    with directory.lock:
        company = _Company(directory, seed)
        company.add_schema()
        company.add_providers()
        company.add_populations()
        for number in range(1, users + 1):
            company.add_user(number)
        company.add_groups()
        seed_environment(directory)
        directory.revision += 1


def seed_default_population(directory: Directory) -> None:
    """Give an empty directory the one population that every environment has."""
    with directory.lock:
        record: Json = {"id": directory.new_id(), "name": "Default", "default": True, **directory.stamps()}
        directory.populations.add(record)
        seed_environment(directory)
        directory.revision += 1

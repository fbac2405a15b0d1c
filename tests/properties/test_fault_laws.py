"""Whatever goes wrong on the way to PingOne: once the client has its answers, the directory is as if nothing had."""

from __future__ import annotations

from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from scimbridge.app import create_app
from scimbridge.sandbox import Faults, Sandbox
from scimbridge.sandbox.trouble.faults import FaultSettings as Harm
from tests.conftest import Client, Clock, settings_for

PATCH = "urn:ietf:params:scim:api:messages:2.0:PatchOp"
POPULATION = "urn:pingidentity:schemas:extension:2.0:PingOneUser:population"
AGAIN = (429, 500, 502, 503, 504)
PATIENCE = 60  # repetitions of one request
MANY = settings(
    max_examples=40,
    deadline=None,
    phases=(Phase.explicit, Phase.reuse, Phase.generate),
    suppress_health_check=list(HealthCheck),
)
SHARES = st.sampled_from([0.0, 0.05, 0.12])
FAULTS = st.fixed_dictionaries(
    dict.fromkeys(("error_share", "error_after_share", "drop_before_share", "drop_after_share", "cut_share"), SHARES)
    | {"rate": st.sampled_from([0.0, 0.0, 300.0]), "token_endpoint": st.booleans()}
    | {"membership_lag": st.sampled_from([0.0, 0.0, 60.0])}
)
USERS = st.sampled_from(["ann", "bob", "cid", "dot"])
GROUPS = st.sampled_from(["red", "tan"])
TITLES = st.sampled_from(["Lead", "Head"])
MEMBERS = st.lists(USERS, min_size=1, max_size=3, unique=True)
STEPS = st.one_of(
    st.tuples(st.just("create user"), USERS, TITLES, st.booleans()),
    st.tuples(st.just("put user"), USERS, TITLES, st.booleans()),
    st.tuples(st.just("patch title"), USERS, TITLES | st.none()),
    st.tuples(st.just("patch active"), USERS, st.booleans()),
    st.tuples(st.just("move"), USERS, st.sampled_from(["Employees", "Partners"])),
    st.tuples(st.just("delete user"), USERS),
    st.tuples(st.just("create group"), GROUPS, MEMBERS),
    st.tuples(st.just("put group"), GROUPS, MEMBERS),
    st.tuples(st.just("members"), GROUPS, st.sampled_from(["add", "remove", "replace"]), MEMBERS),
    st.tuples(st.just("delete group"), GROUPS),
    st.tuples(st.just("revoke")),
)


class Persistent:
    """A client that repeats each request until it has a final answer, and knows the names that it has given."""

    def __init__(self, sandbox: Sandbox, clock: Clock) -> None:
        app = create_app(settings_for(sandbox), clock=clock, wall=clock.wall, sleep=clock.sleep)
        self.client = Client(app, sandbox)
        self.clock = clock
        self.ids: dict[str, str] = {}

    def send(self, method, path, body=None):
        """Return the final answer to a request."""
        for _attempt in range(PATIENCE):
            answer = self.client.send(method, path, body)
            if answer.status_code not in AGAIN:
                return answer
            wait = answer.headers.get("Retry-After")
            assert wait is None or (wait.isdigit() and int(wait) >= 1), wait
            self.clock.sleep(float(wait or 1))
        raise AssertionError(f"{method} {path} came to no end: {answer.text}")

    def known(self, names):
        """Return members for those of the names that are there."""
        return [{"value": self.ids[name]} for name in names if name in self.ids]

    def do(self, step):
        """Carry out one step, where what it is about is there (or, for a create, not there yet)."""
        kind, *rest = step
        if kind == "revoke":
            self.client.sandbox.revoke_tokens()
            return
        name = rest[0]
        collection = "Groups" if name in ("red", "tan") else "Users"
        if kind.startswith("create"):
            if name not in self.ids:
                answer = self.send("POST", f"/{collection}", self.body(kind, *rest))
                assert answer.status_code == 201, answer.text
                self.ids[name] = answer.json["id"]
        elif name in self.ids:
            path = f"/{collection}/{self.ids[name]}"
            if kind.startswith("delete"):
                assert self.send("DELETE", path).status_code in (204, 404)
                del self.ids[name]
            else:
                method = "PUT" if kind.startswith("put") else "PATCH"
                answer = self.send(method, path, self.body(kind, *rest))
                assert answer.status_code < 300, answer.text

    def body(self, kind, name, *rest):
        """Return what a step sends."""
        match kind:
            case "create user" | "put user":
                return {"userName": name, "title": rest[0], "active": rest[1], "name": {"familyName": name.upper()}}
            case "create group" | "put group":
                return {"displayName": name, "members": self.known(rest[0])}
            case "patch title":
                return operation("remove", "title") if rest[0] is None else operation("replace", "title", rest[0])
            case "patch active":
                return operation("replace", "active", rest[0])
            case "move":
                return operation("replace", POPULATION, {"id": self.client.population(rest[0])})
        return operation(rest[0], "members", self.known(rest[1]))


def operation(op, path, value=None):
    whole = {"op": op, "path": path} if value is None else {"op": op, "path": path, "value": value}
    return {"schemas": [PATCH], "Operations": [whole]}


def contents(sandbox):
    """Return what a directory holds, under names instead of ids and without times."""
    directory = sandbox.directory
    names = {row["id"]: row.get("username") or row["name"] for kind in ("users", "groups", "populations")
             for row in directory.table(kind)}  # fmt: skip
    users, groups = ([clean(row, names) for row in directory.table(kind)] for kind in ("users", "groups"))
    edges = {kind: sorted((names[m], names[g]) for m, g in pairs) for kind, pairs in directory.edges.dump().items()}
    assert len({user["username"] for user in users}) == len(users)
    return sorted(users, key=str), sorted(groups, key=str), edges


def clean(row, names):
    """Return a record without what differs between two equal directories: ids by their names, no times."""
    if isinstance(row, dict):
        left = {name: value for name, value in row.items() if name != "environment" and not name.endswith("At")}
        return {name: names.get(value, "") if name == "id" else clean(value, names) for name, value in left.items()}
    return row


@given(script=st.lists(STEPS, min_size=4, max_size=18), faults=FAULTS, seed=st.integers(0, 999))
@MANY
def test_any_faults_then_quiet(script, faults, seed):
    """A script under any mix of faults ends in the same directory as without any, and each create in 201."""
    ends = []
    for harm in ({}, faults):
        clock = Clock()
        with Sandbox.start(seed=20, faults=Faults(Harm(**harm), seed=seed, clock=clock)) as sandbox:
            client = Persistent(sandbox, clock)
            for step in script:
                client.do(step)
            sandbox.faults.clear()
            ends.append(contents(sandbox))
    assert ends[0] == ends[1]

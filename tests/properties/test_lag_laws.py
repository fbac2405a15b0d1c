"""However far PingOne's lists of members lag: changes through the bridge end as they do on lists that do not."""

from __future__ import annotations

from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from scimbridge.app import create_app
from scimbridge.sandbox import Faults, Sandbox
from scimbridge.sandbox.trouble.faults import FaultSettings as Harm
from tests.conftest import Client, Clock, settings_for

USERS, GROUPS = 24, 2
URN = "urn:pingidentity:schemas:extension:2.0:PingOneUser"
LEVEL = "urn:pingidentity:schemas:extension:2.0:PingOneGroup"
LAWS = settings(
    max_examples=15,
    deadline=None,
    phases=(Phase.explicit, Phase.reuse, Phase.generate),
    suppress_health_check=list(HealthCheck),
)
SOME = st.sets(st.integers(0, USERS - 1), min_size=1, max_size=USERS)
GROUP = st.integers(0, GROUPS - 1)
STEPS = st.one_of(
    st.tuples(st.sampled_from(["add", "remove", "replace", "put", "rename and add"]), GROUP, SOME),
    st.tuples(st.sampled_from(["remove all", "remove by type"]), GROUP, st.just(frozenset())),
    st.tuples(st.just("away and back"), GROUP, st.integers(0, USERS - 1)),
    st.tuples(st.just("time"), GROUP, st.sampled_from([1.0, 2.5, 20.0, 90.0])),
)


class Company:
    """Groups of one population behind a bridge, and what they are to hold."""

    def __init__(self, sandbox: Sandbox, clock: Clock) -> None:
        app = create_app(settings_for(sandbox), clock=clock, wall=clock.wall, sleep=clock.sleep)
        self.client, self.clock = Client(app, sandbox), clock
        self.home, self.abroad = (self.client.population(name) for name in ("Employees", "Partners"))
        self.users = self.client.users_in("Employees")[:USERS]
        level = {LEVEL: {"population": {"id": self.home}}}
        self.bodies = [{"displayName": f"Group {number}", **level} for number in range(GROUPS)]
        self.groups = [self.client.good("POST", "/Groups", body)["id"] for body in self.bodies]
        self.held: list[set[int]] = [set() for _group in self.groups]

    def do(self, kind, group, about):
        """Carry out one step, and check that the group is as it says; and its answer, where it has members."""
        path, held = f"/Groups/{self.groups[group]}", self.held[group]
        if kind == "time":
            self.clock.sleep(about)
            return
        if kind == "away and back":
            for population in (self.abroad, self.home):
                change = {"op": "replace", "path": f"{URN}:population", "value": population}
                assert self.client.patch(f"/Users/{self.users[about]}", change).status_code == 200
            for each in self.held:
                each.discard(about)
            return
        answer = self.change(kind, path, group, [{"value": self.users[number]} for number in about])
        assert answer.status_code in (200, 204), answer.text
        self.held[group] = (
            held | about if kind in ("add", "rename and add") else held - about if kind == "remove" else set(about)
        )
        assert self.numbers(self.client.members(self.groups[group])) == self.held[group]
        if answer.status_code == 200:
            shown = {member["value"] for member in answer.json.get("members", [])}
            assert self.numbers(shown) == self.held[group]

    def change(self, kind, path, group, value):
        """Send one change of a group and return the answer."""
        rename = {"op": "replace", "path": "displayName", "value": f"Group {group}, {len(value)}"}
        match kind:
            case "put":
                return self.client.send("PUT", path, {**self.bodies[group], "members": value})
            case "rename and add":
                return self.client.patch(path, rename, {"op": "add", "path": "members", "value": value})
            case "remove all":
                return self.client.patch(path, {"op": "remove", "path": "members"})
            case "remove by type":
                return self.client.patch(path, {"op": "remove", "path": 'members[type eq "User"]'})
        return self.client.patch(path, {"op": kind, "path": "members", "value": value})

    def numbers(self, ids):
        """Return the places of users in the company."""
        return {self.users.index(each) for each in ids}


@given(script=st.lists(STEPS, min_size=2, max_size=12), lag=st.sampled_from([0.0, 3.0, 45.0]))
@LAWS
def test_a_list_that_lags_changes_nothing(script, lag):
    """After every change the group holds what a list without lag would have led to, and the answer says so."""
    clock = Clock()
    faults = Faults(Harm(membership_lag=lag), clock=clock)
    with Sandbox.make(seed=60, faults=faults, monotonic=clock) as sandbox:
        sandbox.listen()
        company = Company(sandbox, clock)
        for step in script:
            company.do(*step)

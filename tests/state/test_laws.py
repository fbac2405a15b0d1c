"""Whatever is done in whatever order, a state holds what a dictionary with times would hold."""

# ruff: noqa: D102 - the name of a rule says what it does

from __future__ import annotations

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule, run_state_machine_as_test

KEYS = st.sampled_from("abc")
OWNERS = st.sampled_from(("one", "two"))
VALUES = st.binary(max_size=3)
TTLS = st.sampled_from((50.0, 100.0))


class Model(RuleBasedStateMachine):
    """A state beside the simplest thing that could be one."""

    def __init__(self, subject):
        super().__init__()
        self.state = subject.state
        self.advance = subject.advance
        self.now = 0.0
        self.values = {}
        self.locks = {}

    def living(self, key):
        value, ends_at = self.values.get(key, (None, 0.0))
        return value if ends_at > self.now else None

    def holder(self, key):
        owner, ends_at = self.locks.get(key, (None, 0.0))
        return owner if ends_at > self.now else None

    @rule(seconds=st.sampled_from((20.0, 60.0)))
    def wait(self, seconds):
        self.advance(seconds)
        self.now += seconds

    @rule(key=KEYS, value=VALUES, ttl=TTLS)
    def set(self, key, value, ttl):
        self.state.set(key, value, ttl)
        self.values[key] = value, self.now + ttl

    @rule(values=st.dictionaries(KEYS, VALUES), ttl=TTLS)
    def set_many(self, values, ttl):
        self.state.set_many(values, ttl)
        self.values |= {key: (value, self.now + ttl) for key, value in values.items()}

    @rule(key=KEYS, value=VALUES, ttl=TTLS)
    def add(self, key, value, ttl):
        free = self.living(key) is None
        assert self.state.add(key, value, ttl) is free
        if free:
            self.values[key] = value, self.now + ttl

    @rule(key=KEYS)
    def delete(self, key):
        self.state.delete(key)
        self.values.pop(key, None)

    @rule(key=st.sampled_from(("n", "m")), by=st.integers(-(2**40), 2**40), ttl=TTLS)
    def incr(self, key, by, ttl):
        before = self.living(key)
        ends_at = self.now + ttl if before is None else self.values[key][1]
        total = int(before or 0) + by
        assert self.state.incr(key, by, ttl) == total
        self.values[key] = str(total).encode(), ends_at

    @rule(key=KEYS, owner=OWNERS, ttl=TTLS)
    def take(self, key, owner, ttl):
        free = self.holder(key) is None
        assert self.state.take(key, owner, ttl, 0.0) is free
        if free:
            self.locks[key] = owner, self.now + ttl

    @rule(key=KEYS, owner=OWNERS, ttl=TTLS)
    def renew(self, key, owner, ttl):
        renewed = self.state.renew(key, owner, ttl)
        if self.holder(key) is not None:
            assert renewed is (self.holder(key) == owner)
        elif renewed:  # a lock that is over may live on where nobody took it
            assert self.locks[key][0] == owner
        if renewed:
            self.locks[key] = owner, self.now + ttl

    @rule(key=KEYS, owner=OWNERS)
    def release(self, key, owner):
        self.state.release(key, owner)
        if self.locks.get(key, ("", 0))[0] == owner:
            del self.locks[key]

    @invariant()
    def holds_the_same(self):
        assert self.state.get_many("abc") == [self.living(key) for key in "abc"]
        assert self.state.get("a") == self.living("a")


def test_agrees_with_a_model(kind, make_subject):
    """Values, counters and locks behave as in the model, in every order of verbs that is tried."""
    run_state_machine_as_test(
        lambda: Model(make_subject(kind)), settings=settings(max_examples=20, stateful_step_count=25, deadline=None)
    )

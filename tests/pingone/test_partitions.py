"""Parts of a list of users: complete by their counts, or one part; found with few questions."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from scimbridge.pingone.filters import Term
from scimbridge.pingone.partitions import HOME, NAME, PartAnswer, Partition, PartTerms

LETTERS = st.text(st.sampled_from("abcxyzÄéß0._@ '\"\\#"), min_size=1, max_size=4)


class Directory:
    """User names with populations, as PingOne counts them; `lie` is added to every count but the first.

    `page` is how many names come with a count.
    """

    def __init__(self, users, lie=0, refused=(), page=100):
        self.page = page
        self.users = [(name.lower(), home) for name, home in users]
        self.lie = lie
        self.refused = refused
        self.questions = 0

    def find(self, condition):
        """Return the names of the users for whom a condition holds."""
        return [name for name, home in self.users if all(_holds(term, name, home) for term in condition.terms)]

    def answer(self, condition, lie=0):
        """Return what PingOne answers, None where it refuses."""
        if any(term.field in self.refused for term in condition.terms):
            return None
        found = self.find(condition)
        return PartAnswer(len(found) + lie, tuple(found[: self.page]))

    def divide(self, most, populations=(), budget=10_000):
        """Return the parts of all users."""
        partition = Partition(self.answer(PartTerms()), populations, most, budget)
        step, parts = partition.begin(), []
        waiting = list(step.asked)
        parts += step.parts
        while waiting:
            self.questions += 1
            condition = waiting.pop(0)
            step = partition.hear(condition, self.answer(condition, self.lie))
            waiting += step.asked
            parts += step.parts
        return parts


def _holds(term, name, home):
    if term.field == HOME:
        return home == term.value
    return name.startswith(term.value) if term.op == "sw" else name == term.value


def everybody(directory, parts):
    """Return the names of all parts, one after the other."""
    return sorted(name for part in parts for name in directory.find(part.condition))


@settings(max_examples=40)
@given(st.sets(LETTERS, max_size=60), st.integers(1, 20))
def test_each_user_once(names, most):
    """Whatever the names are, each user is in exactly one part."""
    directory = Directory([(name, "one") for name in names], page=3)
    if directory.users:
        assert everybody(directory, directory.divide(most)) == sorted(name for name, _home in directory.users)


@settings(max_examples=20)
@given(st.sets(st.text(st.sampled_from("abcd1."), min_size=3, max_size=6), min_size=30, max_size=60))
def test_small_parts(names):
    """Names of common characters give parts that are as small as was asked for."""
    directory = Directory([(name, "one") for name in names], page=3)
    assert all(part.count <= 10 and not part.whole for part in directory.divide(10))


def test_populations_first():
    """Where there are several populations, these are the parts, and only the large one is divided further."""
    users = [(f"{letter}{number}", "large") for letter in "abcd" for number in range(200)]
    directory = Directory([*users, *((f"x{number}", "small") for number in range(50))])
    parts = directory.divide(250, ("large", "small"))
    assert sorted((part.condition.beginning, part.count) for part in parts) == [
        ("", 50), ("a", 200), ("b", 200), ("c", 200), ("d", 200),
    ]  # fmt: skip
    assert {term.value for part in parts for term in part.condition.terms if term.field == HOME} == {"large", "small"}


def test_long_beginnings_cost_nothing():
    """What all names have in common is not asked for letter by letter."""
    directory = Directory(
        [(f"employee-of-the-house-{letter}{number}", "one") for letter in "abc" for number in range(30)]
    )
    parts = directory.divide(40)
    assert [part.count for part in parts] == [30, 30, 30]
    assert directory.questions == 4


def test_name_that_is_a_beginning():
    """A user whose name is the beginning of all the others' is in a part of its own."""
    directory = Directory([("ab", "one"), *((f"ab{letter}{number}", "one") for letter in "xy" for number in range(30))])
    parts = directory.divide(40)
    assert PartTerms((Term(NAME, "eq", "ab"),)) in [part.condition for part in parts]
    assert sum(part.count for part in parts) == 61


def test_characters_that_nobody_thinks_of():
    """Names that begin with characters that are neither common nor on the first page leave the list whole."""
    users = [(f"a{number:03}", "one") for number in range(150)]
    directory = Directory([*users, ("漢字", "one")])
    parts = directory.divide(40)
    assert [(part.condition, part.whole) for part in parts] == [(PartTerms(), True)]


def test_counts_that_lie():
    """Where counts do not add up, the list stays whole."""
    directory = Directory([(f"{letter}{number}", "one") for letter in "ab" for number in range(30)], lie=1)
    assert [part.whole for part in directory.divide(40)] == [True]


def test_filter_that_is_refused():
    """Where PingOne refuses to filter by population, the list is divided by name, and where by name too, by nothing."""
    users = [(f"{letter}{number}", home) for letter in "ab" for number in range(300) for home in ("one", "two")]
    directory = Directory(users, refused={NAME})
    parts = directory.divide(1000, ("one", "two"))
    assert [part.count for part in parts] == [600, 600]
    directory = Directory(users, refused={NAME, HOME})
    assert [part.whole for part in directory.divide(100, ("one", "two"))] == [True]


def test_somebody_who_comes_meanwhile():
    """A user who is made while parts are counted does not undo them."""
    directory = Directory([(f"{letter}{number}", "one") for letter in "ab" for number in range(30)])
    partition = Partition(directory.answer(PartTerms()), (), 40, 100)
    directory.users.append(("b-new", "one"))
    first = partition.begin()
    last = [step for each in first.asked if (step := partition.hear(each, directory.answer(each))).asked]
    assert last[0].asked == [PartTerms()]
    assert [part.count for part in partition.hear(PartTerms(), directory.answer(PartTerms())).parts] == [30, 31]


def test_budget():
    """No more questions are asked than the budget has; what they do not suffice for stays whole."""
    directory = Directory([(f"{letter}{number}", "one") for letter in "abcdefgh" for number in range(30)])
    assert [part.whole for part in directory.divide(40, budget=7)] == [True]
    assert directory.questions == 4

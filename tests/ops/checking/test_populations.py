"""The default population, and those that the rules of the user table name."""

from __future__ import annotations

OTHER = "0f3b5c1e-8d2a-4c6f-9b7e-2a1d4c5e6f70"


def rule(use: str) -> str:
    return f'\n[[population]]\nwhen = \'emails.value ew "@example.org"\'\nuse  = "{use}"\n'


def population(sandbox, name: str) -> str:
    return next(each["id"] for each in sandbox.directory.populations if each["name"] == name)


def test_the_default_that_is_set_has_to_be_there(run_check, sandbox):
    """A default population by setting is found by its id, and its name is told."""
    said = run_check(default_population_id=population(sandbox, "Partners"))
    assert "ok        default population: 'Partners', by SCIMBRIDGE_DEFAULT_POPULATION_ID" in said.lines


def test_a_default_that_is_not_there_lists_those_that_are(run_check, sandbox):
    """The fault names the populations there are, with their ids, to be copied."""
    (fault,) = run_check(default_population_id=OTHER).faults
    for name in ("Employees", "Partners", "Customers"):
        assert f"{name!r} {population(sandbox, name)}" in fault


def test_without_a_setting_pingones_own_default_counts(run_check):
    """The population that PingOne calls default is told by its name."""
    assert "ok        default population: 'Employees', PingOne's own" in run_check().lines


def test_no_default_anywhere_is_a_fault(run_check, sandbox):
    """Where PingOne shows no default either, users without a population have nowhere to go."""
    for record in list(sandbox.directory.populations):
        sandbox.directory.populations.put({**record, "default": False})
    (fault,) = run_check().faults
    assert "nowhere to go" in fault
    assert "SCIMBRIDGE_DEFAULT_POPULATION_ID" in fault


def test_rules_may_name_populations_by_name_and_id(run_check, sandbox, add_row):
    """Both ways of naming are looked up, each rule by its number."""
    said = run_check(add_row(tail=rule("Partners") + rule(population(sandbox, "Customers"))))
    assert "ok        users.toml [[population]] 1: the population 'Partners' is there" in said.lines
    assert "ok        users.toml [[population]] 2: the population 'Customers' is there" in said.lines


def test_a_rule_with_a_wrong_name_is_a_fault(run_check, add_row):
    """A name that is nearly right is told beside those that are."""
    (fault,) = run_check(add_row(tail=rule("partners"))).faults
    assert fault.startswith(
        "FAULT     users.toml [[population]] 1: PingOne has no population of the id or name 'partners'"
    )
    assert "did you mean 'Partners'?" in fault


def test_populations_that_cannot_be_listed_to_the_end_are_told(run_check, sandbox):
    """A fault of the second reading of populations does not pass for 'not there'."""
    sandbox.faults.plan("error", method="GET", path="/populations", skip=1, status=403)
    said = run_check(default_population_id=OTHER)
    assert any("the populations cannot be listed" in fault for fault in said.faults)

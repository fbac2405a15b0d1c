"""`check --rules`: what does not fit together is found before the first plan, and nothing is changed."""

from __future__ import annotations

from contextlib import closing

import pytest
from click.testing import CliRunner

from scimbridge.cli.commands import command
from scimbridge.ops.checking.findings import Grade, Report
from scimbridge.sandbox import Sandbox, describe
from scimbridge.settings.declared import Secret, Settings
from scimbridge.sync.checking.rule_files import check_rule_file
from scimbridge.sync.checking.sampling import SAMPLE

RULES = """
[source]
csv = "people.csv"
key = "id"

[scope]
populations = ["Employees"]
protect = ['userName sw "svc-"']

[match]
by = ["externalId", "userName"]

["urn:ietf:params:scim:schemas:core:2.0:User"]
externalId = "id"
userName   = "mail"
active     = { from = "status", values = { A = true, T = false } }
"""
PEOPLE = "id,mail,status\n1,kim,A\n2,lee,T\n"


@pytest.fixture(scope="module")
def sandbox():
    with closing(Sandbox.start(seed=60)) as started:
        yield started


@pytest.fixture
def look(sandbox, tmp_path):
    """Check rules and people, and return all findings."""
    settings = Settings(
        pingone_environment_id=sandbox.environment_id,
        pingone_client_id=sandbox.client_id,
        pingone_client_secret=Secret(sandbox.client_secret),
        pingone_api_url=sandbox.url,
        pingone_auth_url=sandbox.url,
        bearer_token=Secret("the-token-of-the-tests"),
        pingone_rate=10_000.0,
    )

    def check(rules: str = RULES, people: str = PEOPLE) -> Report:
        (tmp_path / "rules.toml").write_text(rules)
        (tmp_path / "people.csv").write_text(people)
        return Report.of(check_rule_file(settings, tmp_path / "rules.toml", environ={}))

    return check


def told(report: Report, grade: Grade = Grade.FAULT) -> str:
    """Return what the findings of a grade say."""
    return "\n".join(f"{each.where}: {each.what}" for each in report.findings if each.grade is grade)


def test_all_fits(look, sandbox):
    """What is good is said, and PingOne is only read."""
    sandbox.journal.clear()
    report = look()
    assert report.exit_code == 0, told(report)
    good = told(report, Grade.OK)
    assert "3 attributes from 3 columns; who is missing: they are disabled" in good
    assert "[source]: all 2 rows can be read, 3 columns" in good
    assert "the population 'Employees' is there" in good
    assert all(call.startswith("GET ") or call.endswith("/as/token") for call in sandbox.journal.calls)


def test_faults_of_the_rules(look):
    """Each is a finding of its line, and the rest is said not to be tried."""
    report = look(RULES.replace("userName   =", "userNam   =").replace("key =", "kee ="))
    assert report.exit_code == 1
    assert report.faults >= 2
    assert "rules.toml:4: [source] kee: is not a word" in told(report)
    assert "sources and directory" in told(report, Grade.NOT_TRIED)


def test_faults_of_the_source(look):
    """A source that is refused, doubled keys, and values that the rules do not know."""
    assert "has no column 'status'" in told(look(people="id,mail\n1,kim\n"))
    assert "line 3: has 2 values" in told(look(people="id,mail,status\n1,kim,A\n2,lee\n"))
    found = told(look(people="id,mail,status\n1,kim,A\n1,lee,X\n3,max,X\n"))
    assert "[source] key: the rows at 2 and 3 have one key" in found
    assert "active: 'status' has a value that `values` has not ('A', 'T'): 2 rows, the first at 3" in found


def test_only_the_first_rows_are_read(look):
    """Of a long source the first rows tell, bad ones among them too."""
    rows = [f"{number},p{number},A" for number in range(1, SAMPLE + 200)]
    report = look(people="\n".join(["id,mail,status", *rows]))
    assert f"the first {SAMPLE} rows can be read" in told(report, Grade.OK)
    assert "a plan reads them all" in told(report, Grade.NOTE)
    rows[5] = "6,p6"
    assert "line 7: has 2 values" in told(look(people="\n".join(["id,mail,status", *rows])))


def test_what_is_not_in_the_directory(look, sandbox):
    """Populations, groups and groups that protect are looked for."""
    rules = RULES.replace('"Employees"', '"Employes"').replace("'userName sw \"svc-\"'", "'groups.value eq \"x\"'")
    report = look(rules + '[groups]\nfrom = { column = "status" }\nmanage = ["Nobody-*"]\npopulation = "Partnrs"\n')
    assert report.exit_code == 1
    found = told(report)
    assert "no population of the id or name 'Employes'; did you mean 'Employees'?" in found
    assert "did you mean 'Partners'?" in found
    assert "[groups] manage 'Nobody-*': no group of this level is called so" in found
    assert "no group of the id 'x', so it protects nobody" in found


def test_groups_that_are_managed(look, sandbox):
    """Named ones are counted, dynamic ones refused, and all of them is a warning."""
    section = '[groups]\nfrom = {{ column = "status" }}\nmanage = ["{}"]\n'
    report = look(RULES + section.format("E*"))
    assert "2 groups: 'Empty Room', 'Engineering'" in told(report, Grade.OK)
    everybody = look(RULES + section.format("*"))
    assert "every group is managed" in told(everybody, Grade.WARNING)
    assert "PingOne decides by a filter who is in 'Berlin Office'" in told(everybody)
    assert "say in which population they are" in str(look(RULES + section.format("Sales")).findings)


def test_nobody_is_protected(look):
    """Rules without scope and protection are a warning."""
    rules = RULES.replace('[scope]\npopulations = ["Employees"]\nprotect = [\'userName sw "svc-"\']\n', "")
    assert "administrators too" in told(look(rules), Grade.WARNING)


def test_the_command(sandbox, tmp_path):
    """`scimbridge check --rules` prints the findings and ends with their exit code; it looks at nothing else."""
    (tmp_path / "rules.toml").write_text(RULES)
    (tmp_path / "people.csv").write_text(PEOPLE)
    environ = {**describe(sandbox), "SCIMBRIDGE_BEARER_TOKEN": "Vb7qG2-wzXo9LkR4tYp1NsD8uFhJ3mCe5aEiB6gQxTc"}
    words = ["check", "--rules", str(tmp_path / "rules.toml")]
    result = CliRunner().invoke(command, words, env=environ)
    assert result.exit_code == 0, result.output
    assert "everything fits" in result.output
    (tmp_path / "people.csv").write_text("")
    result = CliRunner().invoke(command, words, env=environ)
    assert result.exit_code == 1
    assert "is empty; look whether the export ran to its end" in result.output
    assert CliRunner().invoke(command, [*words, "--write", "--population", "x"], env=environ).exit_code == 2

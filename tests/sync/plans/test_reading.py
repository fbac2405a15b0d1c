"""Plans read again: each way in which one is not what was written, or not for here and now, has its own sentence."""

from __future__ import annotations

import gzip
import hashlib
from collections import Counter
from dataclasses import replace
from pathlib import Path

import orjson
import pytest

from scimbridge.sync.plans.encoding import encode_end, encode_head
from scimbridge.sync.plans.expecting import Expected, PlanRefused
from scimbridge.sync.plans.lines import PlanEnd, PlanLine
from scimbridge.sync.plans.masking import mask_head, mask_line
from scimbridge.sync.plans.reading import open_plan
from scimbridge.sync.plans.sealing import make_mac
from scimbridge.sync.plans.writing import write_plan
from tests.sync.plans.conftest import ENVIRONMENT, LINES, MADE, SECRET, head_of

ROOT = Path(__file__).parents[3]
HERE = Expected(environment=ENVIRONMENT, tables="aa", rules="bb", scope="cc", max_age=86_400.0, now=MADE + 3_600)


def refusal(path, secret=SECRET, expected=None):
    """Return the sentence that a plan is refused with, which names the file."""
    with pytest.raises(PlanRefused) as refused:
        open_plan(path, secret, expected)
    assert str(refused.value).startswith(str(path))
    return str(refused.value)


@pytest.mark.parametrize("name", ["plan.jsonl", "plan.jsonl.gz"])
def test_a_plan_comes_back_as_it_was_written(written, name):
    """Head and lines are equal, in their order, and as often as they are asked for."""
    plan = open_plan(written(name=name), SECRET, HERE)
    assert plan.head == head_of(LINES)
    assert tuple(plan.lines()) == LINES
    assert tuple(plan.lines()) == LINES
    assert plan.end.lines == len(LINES)
    assert plan.is_sealed


def test_lines_of_some_kinds_are_given_alone(written):
    """Who applies one kind after the other goes through the file once for each."""
    plan = open_plan(written(), SECRET)
    assert [line.key for line in plan.lines("join", "update")] == ["1001", "1007"]


def test_a_plan_without_lines_is_one(written):
    """Nothing to do is a plan too."""
    assert list(open_plan(written(lines=()), SECRET, HERE).lines()) == []


def test_whether_it_is_packed_is_seen_in_the_file(written, tmp_path):
    """A packed plan that was renamed is read all the same."""
    path = written(name="plan.jsonl.gz").rename(tmp_path / "renamed.jsonl")
    assert tuple(open_plan(path, SECRET).lines()) == LINES


# -- what is not as it was written -------------------------------------------------------------------------------------


def cut(content: bytes, lines: int) -> bytes:
    return b"".join(content.splitlines(keepends=True)[:lines])


def without(content: bytes, line: int) -> bytes:
    kept = content.splitlines(keepends=True)
    del kept[line]
    return b"".join(kept)


def resealed(content: bytes, secret: bytes = b"another") -> bytes:
    """Put an end below that fits to all but the secret."""
    *lines, _ = content.splitlines(keepends=True)
    digest = hashlib.sha256(b"".join(lines)).hexdigest()
    return b"".join(lines) + encode_end(PlanEnd(len(lines) - 1, digest, make_mac(secret, len(lines) - 1, digest)))


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda _all: b"", "is empty"),
        (lambda _all: b"id,name\n1,Ann\n", "is no plan"),
        (lambda _all: b'{"plan":[]}\n', "is no plan"),
        (lambda _all: b'["plan"]\n', "is no plan"),
        (lambda _all: b"\x00\xff" * 50, "is no plan"),
        (lambda _all: b"[" * 100_000, "is no plan"),
        (lambda every: b"\n" + every, "is no plan"),
        (lambda every: without(every, 0), "is no plan"),
        (lambda every: every.replace(b"\n", b"\r\n"), "was copied as text"),
        (lambda every: every.replace(b'"format":1', b'"format":2', 1), "has the format 2"),
        (lambda every: every.replace(b'"format":1', b'"format":"\\u001b[2J"', 1), r"has the format '\x1b[2J'"),
        (lambda every: cut(every, 3), "after 2 lines it has no end line"),
        (lambda every: cut(every, 1), "after 0 lines it has no end line"),
        (lambda every: every[:-1], "its end line has no end"),
        (lambda every: every[:-40], "its end line has no end"),
        (lambda every: every.replace(b"eva@", b"eve@", 1), "was changed after it was written"),
        (lambda every: every.replace(b'"tables":"aa"', b'"tables":"ab"', 1), "was changed after it was written"),
        (lambda every: without(every, 2), "counts 5 lines and there are 4"),
        (lambda every: every.replace(b'"lines":5', b'"lines":4', 1), "counts 4 lines and there are 5"),
        (lambda every: every.replace(b'{"end":{', b'{"end": {', 1), "its end line was changed"),
        (lambda every: every.replace(b'"lines":5', b'"lines":"5"', 1), "its end line was changed"),
        (lambda every: every.replace(b'"mac":', b'"mad":', 1), "its end line was changed"),
        (lambda every: every + every.splitlines(keepends=True)[-1], "has a second end line after that of line 7"),
        (lambda every: every + cut(every, 3)[-40:], "goes on after its end line, which is line 7"),
        (lambda every: every + b"\n", "goes on after its end line"),
        (lambda every: every + b" ", "goes on after its end line"),
        (lambda every: every + every, "goes on after its end line"),
        (lambda every: resealed(every.replace(b"eva@", b"eve@", 1)), "is not sealed by this bridge"),
    ],
)  # fmt: skip
def test_what_is_not_as_it_was_written_is_refused(written, change, said):
    """Cut, edited, appended or made by somebody else: each is found before any line is believed, and named."""
    path = written()
    path.write_bytes(change(path.read_bytes()))
    assert said in refusal(path)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda every: every[:-9], "its gz was cut off"),
        (lambda every: every[:-1], "its gz was cut off"),
        (lambda every: every[:40], "its gz was cut off"),
        (lambda every: every[:2], "its gz was cut off"),
        (lambda every: every[:60] + bytes(30) + every[90:], "its gz cannot be unpacked"),
        (lambda every: every[:-8] + bytes(4) + every[-4:], "its gz cannot be unpacked"),
        (lambda every: every + b"\x00", "goes on after the end of its gz"),
        (lambda every: every + every, "goes on after the end of its gz"),
        (lambda every: gzip.compress(without(gzip.decompress(every), 2)), "counts 5 lines and there are 4"),
    ],
)
def test_what_is_not_as_it_was_packed_is_refused(written, change, said):
    """The same of a packed plan, whose packing is held to be whole too."""
    path = written(name="plan.jsonl.gz")
    path.write_bytes(change(path.read_bytes()))
    assert said in refusal(path)


def test_what_is_appended_to_a_long_gz_is_found(written):
    """Also where its end falls on the end of what is read at once."""
    path = written(name="plan.jsonl.gz")
    whole = path.read_bytes()
    path.write_bytes(whole + b"\x00" * ((1 << 16) - len(whole)) + b"more")
    assert "goes on after the end of its gz" in refusal(path)


def test_a_line_without_an_end_is_not_read_into_memory(written, monkeypatch):
    """A file of one endless line is given up early."""
    monkeypatch.setattr("scimbridge.sync.plans.raw_lines.LONGEST", 1_000_000)
    path = written()
    path.write_bytes(path.read_bytes() + b"x" * 2_000_000)
    assert "a line of more than" in refusal(path)


def test_a_file_that_cannot_be_read_is_refused(tmp_path):
    """A plan that is not there, and one that is a folder."""
    assert "No such file" in refusal(tmp_path / "none")
    assert "Is a directory" in refusal(tmp_path)


def test_a_word_of_a_later_version_is_found_before_the_first_line_is_given(tmp_path, written):
    """A sealed line that cannot be understood stops all of it, not what comes after it."""
    path = written()
    *lines, _ = path.read_bytes().splitlines(keepends=True)
    lines[3] = lines[3].replace(b'"do":"update"', b'"do":"update","dry":true')
    path.write_bytes(resealed(b"".join([*lines, b"\n"]), SECRET))
    assert "line 4 cannot be read: it has a word that this version does not know: 'dry'" in refusal(path)


@pytest.mark.parametrize(
    "head",
    [b'"format":1', b'"format":1,"id":"x"', b'"format":1,"stopped":5', b'"format":1,"stopped":[5]'],
)
def test_a_head_that_lacks_something_is_refused(tmp_path, head):
    """Whatever stands in the first line, it is a refusal."""
    path = tmp_path / "plan"
    path.write_bytes(resealed(b'{"plan":{' + head + b"}}\n\n"))
    assert "its head cannot be read" in refusal(path)


# -- what is changed while it is used ----------------------------------------------------------------------------------

MANY = tuple(PlanLine(do="update", key=str(1000 + n), why="differs", after={"n": n}) for n in range(600))


def test_no_line_is_given_that_was_changed_after_it_was_verified(written):
    """A file that is edited between two readings is given up before the block of the edit."""
    path = written(MANY)
    plan = open_plan(path, SECRET, HERE)
    path.write_bytes(path.read_bytes().replace(b'"key":"1300"', b'"key":"1301"'))
    given = []
    with pytest.raises(PlanRefused, match="was changed while it was in use"):
        given.extend(line.key for line in plan.lines())
    assert given == [str(1000 + n) for n in range(255)]


def cut_short(path):
    path.write_bytes(cut(path.read_bytes(), 256))


@pytest.mark.parametrize("lose", [lambda path: path.unlink(), cut_short])
def test_a_file_that_is_cut_or_gone_after_it_was_verified_is_refused(written, lose):
    """A shorter file does not pass for a shorter plan."""
    path = written(MANY)
    plan = open_plan(path, SECRET)
    lose(path)
    with pytest.raises(PlanRefused, match="was changed while it was in use"):
        list(plan.lines())


# -- what is not for here and now --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("others", "said"),
    [
        ({"environment": "another"}, f"was made for the environment 'another', and the settings name {ENVIRONMENT}"),
        ({"tables": "ab"}, "was made with other tables ('ab') than are in use now (aa)"),
        ({"rules": "bc"}, "was made with other rules ('bc') than are in use now (bb)"),
        ({"scope": "cd"}, "was made with other scope ('cd') than are in use now (cc)"),
        ({"made": MADE - 24 * 3_600}, "25.0 hours ago, and may be 24.0 hours old (--max-age)"),
        ({"made": MADE + 2 * 3_600}, "which is not yet"),
        ({"masked": True}, "is masked"),
    ],
)
def test_what_is_not_for_here_and_now_is_not_applied_and_is_shown(written, others, said):
    """A plan of another bridge, other words or another time is refused by who applies it; looking at it is free."""
    path = written(**others)
    assert said in refusal(path, SECRET, HERE)
    assert open_plan(path, SECRET).head == head_of(LINES, **others)


def test_an_age_that_is_allowed_is_no_fault(written):
    """Up to the limit, and a clock that is a little ahead, are right; what is not asked is not held against it."""
    open_plan(written(made=HERE.now - HERE.max_age), SECRET, HERE)
    open_plan(written(made=HERE.now + 299), SECRET, HERE)
    open_plan(written(made=0.0), SECRET, replace(HERE, max_age=None))


def test_another_environment_is_named_before_another_secret(written):
    """Another environment has another secret too, and is what the operator has to know."""
    path = written(environment="another")
    assert "another" in refusal(path, b"other secret", HERE)
    assert "is not sealed by this bridge" in refusal(path, b"other secret")


def test_a_plan_is_looked_at_without_a_secret_and_not_applied(written):
    """The hash is held against it all the same, and the value says that the seal was not."""
    path = written()
    assert not open_plan(path, None).is_sealed
    with pytest.raises(ValueError, match="seal"):
        open_plan(path, None, HERE)
    path.write_bytes(path.read_bytes().replace(b"eva@", b"eve@", 1))
    assert "was changed" in refusal(path, None)


def test_a_masked_plan_has_names_of_attributes_and_no_values(tmp_path):
    """What a person is called or has stands nowhere in the file; keys, ids and groups do."""
    path = tmp_path / "plan"
    write_plan(path, mask_head(head_of(LINES, applied={"header": ["x"]})), map(mask_line, LINES), SECRET)
    content = path.read_text("utf-8")
    assert not [value for value in ("eva@", "ann@", "Ships", "admin", "title differs", "a2 and a3") if value in content]
    assert all(name in content for name in ("userName", "title", "1007", "HR-Basel", "two users match"))
    plan = open_plan(path, SECRET)
    assert plan.head.masked
    assert plan.head.applied == {}
    assert [line.do for line in plan.lines()] == [line.do for line in LINES]


def test_the_first_line_alone_says_what_a_plan_comes_to(written):
    """The head is JSON of one line, so that `head -1` and a JSON tool tell the counts."""
    first = written().read_bytes().splitlines()[0]
    assert first + b"\n" == encode_head(head_of(LINES))
    assert orjson.loads(first)["plan"]["counts"] == {"create": 2, "update": 1, "join": 1, "conflict": 1}


def test_the_plan_of_the_pages_is_a_whole_one():
    """Who tries the commands of docs/reconcile/plans.md with its file sees what a plan is."""
    plan = open_plan(ROOT / "docs/reconcile/example-plan.jsonl", None)
    assert Counter(line.do for line in plan.lines()) == plan.head.counts

from __future__ import annotations

import io
import json
import logging
import threading
import warnings

import pytest
import structlog
from hypothesis import given
from hypothesis import strategies as st

from scimbridge.observe import log_lines, logs

SECRET = "s3cr3t/+of the worker"
PERSON = "ada.lovelace@example.org"


@pytest.fixture
def written():
    """Logging as in the program, into a text buffer; everything is put back afterwards."""
    root = logging.getLogger()
    before = (root.level, list(root.handlers), warnings.showwarning)
    stream = io.StringIO()
    logs.configure("debug", [SECRET], stream)
    yield stream
    logging.captureWarnings(capture=False)
    root.setLevel(before[0])
    root.handlers[:] = before[1]
    warnings.showwarning = before[2]
    structlog.reset_defaults()


def lines(stream):
    return [json.loads(line) for line in stream.getvalue().splitlines()]


def test_an_event_is_one_json_line(written):
    """An event has its text, its fields, a level, a logger and a time in UTC."""
    logs.named("scimbridge.x").info("page read", records=100, seconds=0.25)
    (line,) = lines(written)
    assert line.pop("timestamp").endswith("Z")
    assert line == {
        "event": "page read",
        "level": "info",
        "logger": "scimbridge.x",
        "records": 100,
        "seconds": 0.25,
    }


def test_libraries_log_the_same_way(written):
    """A record of the standard library's logging comes out in the same form."""
    logging.getLogger("gunicorn.error").warning("Worker %s timed out", 7)
    (line,) = lines(written)
    assert (line["event"], line["level"], line["logger"]) == (
        "Worker 7 timed out",
        "warning",
        "gunicorn.error",
    )


@pytest.mark.parametrize("spelling", [SECRET, "s3cr3t%2F%2Bof%20the%20worker", "s3cr3t%2F%2Bof+the+worker"])
def test_a_secret_is_masked_by_value(written, spelling):
    """A secret is masked wherever it stands: inside longer text, as a key, in a library's record."""
    deep = [{"list": (f"a{spelling}b",), spelling: 1}]
    logs.named("x").info(f"sent {spelling}!", note=spelling, deep=deep)
    logging.getLogger("requests.adapters").warning("failed: %s", spelling)
    assert spelling not in written.getvalue()
    assert written.getvalue().count(logs.MASK) == 5


@pytest.mark.parametrize(
    "key",
    ["password", "client_secret", "access_token", "Authorization", "Cookie", "body", "filter", "userName"],
)
def test_some_keys_are_masked_whatever_they_hold(written, key):
    """What stands under a key of secrets or of personal values is never written."""
    logs.named("x").info("seen", **{key: PERSON})
    logs.named("x").info("seen", deep={key: [PERSON, {"x": PERSON}]})
    assert PERSON not in written.getvalue()


def test_a_secret_that_comes_later_is_masked_too(written):
    """An access token is hidden from the moment it is known."""
    mask = logs.configure("debug", [], written)
    mask.hide("eyJhbGciOi")
    logs.named("x").info("renewed", header="Bearer eyJhbGciOi")
    assert lines(written)[0]["header"] == "Bearer ***"


def test_an_exception_is_told_without_its_message(written):
    """A traceback names types and places; messages quote values, so they stay out."""
    try:
        try:
            {}[PERSON]
        except KeyError as error:
            raise ValueError(PERSON) from error
    except ValueError:
        logs.named("x").exception("failed")
        logging.getLogger("library").exception("failed too")
    assert PERSON not in written.getvalue()
    for line in lines(written):
        assert [told["type"] for told in line["exception"]] == ["builtins.ValueError", "builtins.KeyError"]
        assert line["exception"][0]["frames"][0].startswith("test_logs.py:")


def test_query_strings_of_libraries_are_cut(written):
    """A URL in a library's sentence loses its query, where filters with names stand."""
    logging.getLogger("gunicorn.error").info("Ignored GET /Users?filter=userName+eq+%22ada%22 HTTP/1.1")
    assert lines(written)[0]["event"] == "Ignored GET /Users?... HTTP/1.1"


def test_the_http_client_says_nothing_below_warning(written):
    """At debug level urllib3 writes URLs; it is kept quiet."""
    logging.getLogger("urllib3.connectionpool").debug("GET /Users?filter=x")
    logging.getLogger("urllib3.connectionpool").warning("Retrying")
    assert [line["event"] for line in lines(written)] == ["Retrying"]


def test_libraries_say_nothing_at_debug_level(written):
    """A library's debug line may hold a path with a name in it; our own debug lines are written."""
    logging.getLogger("gunicorn.error").debug("%s %s", "GET", f"/scim/v2/Users/{PERSON}")
    logging.getLogger("whatever").debug(PERSON)
    logs.named("scimbridge.x").debug("ours")
    assert [line["event"] for line in lines(written)] == ["ours"]


@pytest.mark.parametrize(
    "credential",
    [
        "Bearer scb_k7f2q_wrongwrongwrongwrong", "basic dG9rZW46bm90LXRoZS10b2tlbg==", "Bearer abcdefghijklmnop.qr~s",
        "scb_k7f2q_0123456789abcdefghijklmnopqrstuvwxyzABCDEFG", "eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJ6In0.c2lnbmF0dXJl",
    ],
)  # fmt: skip
def test_credentials_are_masked_by_their_look(written, credential):
    """A credential that is nobody's, or of which only a hash is known here, is masked all the same."""
    logs.named("x").warning("refused", header=credential, deep=[f"({credential})"])
    assert credential.split()[-1] not in written.getvalue()
    assert "refused" in written.getvalue()


def test_a_renewed_secret_is_masked_and_old_ones_are_forgotten(written):
    """The last access tokens are masked; memory does not grow with every renewal, and lasting secrets stay."""
    mask = logs.Mask([SECRET])
    tokens = [f"access-token-{number:03}" for number in range(500)]
    for token in tokens:
        mask.learn(token)
        mask.learn(token)
        assert mask.text(f"{token} {SECRET}") == f"{logs.MASK} {logs.MASK}"
    assert mask.text(tokens[-8]) == logs.MASK
    assert mask.text(tokens[0]) == tokens[0]
    assert mask.text("words stay: basic authentication, bearer of news") == (
        "words stay: basic authentication, bearer of news"
    )


def test_warnings_are_logged(written):
    """A warning of Python's becomes a line, masked like any other."""
    with warnings.catch_warnings():
        warnings.simplefilter("always")
        warnings.warn(f"careful with {SECRET}", stacklevel=1)
    assert lines(written)[0]["logger"] == "py.warnings"
    assert SECRET not in written.getvalue()


def test_a_level_holds_for_all(written):
    """Below the configured level nothing is written, by nobody."""
    logs.configure("error", [], written)
    logs.named("x").warning("not this")
    logging.getLogger("y").warning("nor this")
    logs.named("x").error("this")
    assert [line["event"] for line in lines(written)] == ["this"]


def test_bound_fields_stand_on_every_line_of_the_thread(written):
    """A request id is on all lines inside the block, libraries' too, and on none elsewhere."""
    with logs.bound(request_id="r-1"):
        logs.named("x").info("in")
        logging.getLogger("y").info("in")
        other = threading.Thread(target=lambda: logs.named("x").info("elsewhere"))
        other.start()
        other.join()
    logs.named("x").info("out")
    assert [line.get("request_id") for line in lines(written)] == ["r-1", "r-1", None, None]


@given(text=st.text(), number=st.integers())
def test_no_value_can_break_a_line(text, number):
    """Whatever is logged, the line is JSON or text, on one line, and valid UTF-8."""
    event = logs.Mask([SECRET])(None, "info", {"event": text, "n": number, text: text})
    as_json, as_text = (log_lines.choose(form, io.StringIO())(None, "info", event) for form in log_lines.FORMS)
    json.loads(as_json)
    for formatted in (as_json, as_text):
        assert formatted.isascii()
        assert all(character >= " " for character in formatted)


@given(secret=st.text(alphabet="abc/+ ", min_size=4), around=st.text(alphabet="xyz0"))
def test_masking_takes_the_secret_and_nothing_else(secret, around):
    """A secret inside longer text becomes the mask, and what is around it stays."""
    assert logs.Mask([secret]).text(f"{around}{secret}{around}") == f"{around}{logs.MASK}{around}"


def test_a_very_short_secret_is_not_masked():
    """Fewer than four characters would mask parts of ordinary words."""
    assert logs.Mask(["in"]).text("information") == "information"


def test_the_same_thing_is_logged_once(written):
    """The first time a key is met is logged, later ones are not."""
    once = logs.Once()
    logger = logs.named("x")
    assert once(logger, "fax", "attribute not stored", attribute="faxNumbers") is True
    assert once(logger, "fax", "attribute not stored", attribute="faxNumbers") is False
    (line,) = lines(written)
    assert (line["level"], line["attribute"]) == ("warning", "faxNumbers")


def test_what_is_remembered_is_bounded(written):
    """Past its limit the oldest key is forgotten, so memory stays flat."""
    once = logs.Once(limit=2)
    logger = logs.named("x")
    assert [once(logger, key, "seen") for key in "abca"] == [True, True, True, True]
    assert len(once._met) == 2


def test_many_threads_log_a_thing_once(written):
    """Of many threads that meet a key together, exactly one logs it."""
    once = logs.Once()
    logger = logs.named("x")
    start = threading.Barrier(8)

    def meet():
        start.wait()
        for key in range(50):
            once(logger, key, "seen", key=key)

    threads = [threading.Thread(target=meet) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(lines(written)) == 50

"""One file that keeps everything."""

from __future__ import annotations

import orjson
import pytest

from scimbridge.sandbox import Sandbox
from scimbridge.sandbox.store.storage import BadFileError, dump


def content(sandbox):
    return orjson.loads(dump(sandbox.directory, sandbox.tokens.credentials))


def test_everything_comes_back(make_caller, tmp_path):
    """After a stop and a start the directory, its ids and its credentials are the same."""
    path = tmp_path / "sandbox.json"
    api = make_caller(seed=30, data=path)
    secret = {"username": "p", "password": {"value": "long enough 1"}}
    user = api.good("POST", "/users", secret, "application/vnd.pingidentity.user.import+json")
    api.join(user, api.group("New"))
    before, url_less = content(api.sandbox), api.sandbox.tokens.credentials
    api.sandbox.close()
    again = make_caller(seed=5, data=path)
    assert content(again.sandbox) == before
    assert again.sandbox.tokens.credentials == url_less
    check = "application/vnd.pingidentity.password.check+json"
    assert again.good("POST", f"/users/{user['id']}/password", {"password": "long enough 1"}, check)["status"] == "OK"
    dynamic = next(iter(again.sandbox.directory.dynamic))
    assert again.usernames(f'memberOfGroups[id eq "{dynamic}"]')
    assert again.user("later")["id"] != user["id"]


def test_changes_are_saved_while_running(make_caller, tmp_path):
    """The file follows changes before any stop."""
    path = tmp_path / "sandbox.json"
    api = make_caller(data=path)
    api.user("a")
    saver = api.sandbox._saver
    saver.close()
    assert [record["username"] for _, record in orjson.loads(path.read_bytes())["users"]] == ["a"]
    assert list(tmp_path.iterdir()) == [path]


def test_serials_are_kept(make_caller, tmp_path):
    """The order of creation survives deletions and a restart."""
    path = tmp_path / "sandbox.json"
    api = make_caller(data=path)
    made = [api.user(name) for name in "abc"]
    api.call("DELETE", f"/users/{made[1]['id']}")
    api.sandbox.close()
    again = make_caller(data=path)
    again.user("d")
    assert [one["username"] for one in again.good("GET", "/users")["_embedded"]["users"]] == ["a", "c", "d"]


@pytest.mark.parametrize("text", ["{", "[]", "{}", '{"format": 99}'])
def test_another_file_is_refused(tmp_path, text):
    """What the sandbox did not write is told, and left as it is."""
    path = tmp_path / "other.json"
    path.write_text(text)
    with pytest.raises(BadFileError):
        Sandbox.make(data=path)
    assert path.read_text() == text

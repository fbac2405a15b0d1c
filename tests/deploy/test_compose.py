"""The compose file, its door and the image: what can be said of them without a daemon."""

from __future__ import annotations

import json
import os
import re
import shlex
import stat
from pathlib import Path

import pytest
import yaml
from click.testing import CliRunner

from scimbridge.cli import commands
from scimbridge.serve import addresses
from scimbridge.settings.declared import SETTINGS

ROOT = Path(__file__).parents[2]
DEPLOY = ROOT / "deploy"
SERVICES = yaml.safe_load((DEPLOY / "compose.yml").read_text("utf-8"))["services"]
DOCKERFILE = (ROOT / "Dockerfile").read_text("utf-8")
NGINX = (DEPLOY / "nginx.conf").read_text("utf-8")
PAGE = (ROOT / "docs" / "run/compose.md").read_text("utf-8")
WRITTEN = ("SCIMBRIDGE_CLIENTS", "SCIMBRIDGE_PINGONE_CLIENT_SECRET_FILE")


def mounts(service):
    """The folders of a service, each with the volume or the host's folder that lies there, and its mode."""
    return {parts[1]: (parts[0], parts[2:]) for parts in (each.split(":") for each in SERVICES[service]["volumes"])}


def user_of(image):
    """The user of an image, by number."""
    (user,) = re.findall(r"^USER (\d+)$", image, re.MULTILINE)
    return user


# -- clients and secrets -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("variable", WRITTEN)
def test_what_only_its_owner_may_read_is_the_images_users(variable):
    """Clients and secret lie in a volume, written and read by one user: the host's user is another one."""
    folder = str(Path(SERVICES["bridge"]["environment"][variable]).parent)
    kept, mode = mounts("bridge")[folder]
    assert mode == ["ro"]
    assert mounts("setup")[folder] == (kept, [])
    assert kept in yaml.safe_load((DEPLOY / "compose.yml").read_text("utf-8"))["volumes"]
    assert SERVICES["setup"]["environment"] == SERVICES["bridge"]["environment"]
    for service in ("bridge", "setup"):
        assert "user" not in SERVICES[service]
        assert "secrets" not in SERVICES[service]


def test_a_volume_is_first_the_users_of_the_image():
    """The folder where the volume is mounted is in the image, as the user's: a new volume takes its owner over."""
    folder = str(Path(SERVICES["bridge"]["environment"]["SCIMBRIDGE_CLIENTS"]).parent)
    user = user_of(DOCKERFILE)
    assert f"install --directory --owner={user} --group={user} --mode=0700 {folder}" in DOCKERFILE
    assert DOCKERFILE.index(folder) < DOCKERFILE.index(f"USER {user}")


def test_client_add_in_the_setup_service_finds_its_file(tmp_path):
    """`client add` as told writes the file that the bridge is told to read, for its own user alone."""
    kept = tmp_path / "clients.toml"
    told = CliRunner().invoke(
        commands.command, ["client", "add", "hr", "--scope", "users:read"], env={"SCIMBRIDGE_CLIENTS": str(kept)}
    )
    assert told.exit_code == 0
    assert (stat.S_IMODE(kept.stat().st_mode), kept.stat().st_uid) == (0o600, os.geteuid())


def told_lines(text):
    """The lines of a text that run docker compose, as words."""
    lines = (line.lstrip("# ").strip() for line in text.splitlines())
    return [shlex.split(line) for line in lines if line.startswith("docker compose ")]


@pytest.mark.parametrize("text", [(DEPLOY / "compose.yml").read_text("utf-8"), PAGE], ids=["compose.yml", "the page"])
def test_the_steps_that_are_told_are_steps_that_exist(text):
    """Each service that is run is there, and the words after it are a command of the bridge's."""
    told = told_lines(text)
    ran = [words[words.index("setup") + 1 :] for words in told if "run" in words]
    assert ["client", "add"] in [words[:2] for words in ran]
    assert any("pingone_client_secret" in " ".join(words) for words in ran)
    assert ["build"] in [words[2:] for words in told]
    assert SERVICES["setup"]["entrypoint"] == ["scimbridge"]
    ours = [words[words.index("setup") + 1] for words in told if "run" in words and "--entrypoint" not in words]
    assert set(ours) <= set(commands.command.commands)


def test_the_steps_are_the_same_in_both_places():
    """The compose file and the page do not tell two ways."""
    own = told_lines((DEPLOY / "compose.yml").read_text("utf-8"))
    assert [words for words in told_lines(PAGE) if words in own] == own


# -- the image ---------------------------------------------------------------------------------------------------------


def healthcheck():
    """The command of the image's health check, and its seconds."""
    found = re.search(r"HEALTHCHECK .*--timeout=(\d+)s.*?CMD (\[.*\])$", DOCKERFILE, re.MULTILINE)
    return json.loads(found[2]), int(found[1])


def test_the_images_address_is_a_setting_that_others_win_over():
    """The image listens at all addresses by a variable, as `--env SCIMBRIDGE_HOST` changes it, and by no option."""
    (command,) = re.findall(r"^CMD (\[.*\])$", DOCKERFILE, re.MULTILINE)
    assert json.loads(command) == ["scimbridge", "serve"]
    (variables,) = re.findall(r"^ENV (.*)$", DOCKERFILE, re.MULTILINE)
    own = {name: value for name, _, value in (each.partition("=") for each in variables.split())}
    nothing = dict.fromkeys(name for name in os.environ if name.startswith("SCIMBRIDGE_"))

    def holds(**more):
        told = CliRunner().invoke(commands.command, ["config", "--json"], env={**nothing, **own, **more})
        return {each["name"]: each["value"] for each in json.loads(told.stdout)["settings"]}

    assert (holds()["host"], holds()["port"]) == ("0.0.0.0", "8080")
    told = holds(SCIMBRIDGE_HOST="::", SCIMBRIDGE_PORT="9000")
    assert (told["host"], told["port"]) == ("::", "9000")


def test_the_health_check_knows_no_port():
    """It is a command of ours that finds the bridge at any port and under TLS, and ends before it is ended."""
    command, seconds = healthcheck()
    assert command == ["scimbridge", "health"]
    (timeout,) = [each for each in commands.command.commands["health"].params if each.name == "timeout"]
    assert timeout.default < seconds


def test_the_health_check_is_well_while_a_bridge_answers_only(tmp_path):
    """Where no bridge listens, the exit code is the one that Docker reads as unhealthy."""
    command, _ = healthcheck()
    told = CliRunner().invoke(commands.command, command[1:], env={addresses.RUNTIME: str(tmp_path)})
    assert told.exit_code == 1


def test_the_image_takes_nothing_without_a_hash():
    """Everything from an index is installed by a lock with hashes; the rest comes from wheels made of it."""
    installs = re.findall(r"pip (?:install|wheel) [^&\n]*", DOCKERFILE)
    assert installs
    for line in installs:
        assert "--require-hashes" in line or "--no-index" in line or "--no-deps" in line
    for lock in re.findall(r"locks/\w+\.txt", DOCKERFILE):
        text = (ROOT / lock).read_text("utf-8")
        pinned = re.findall(r"^[a-z0-9][^ \n]*==", text, re.MULTILINE)
        assert pinned
        assert len(re.findall(r"^[a-z0-9][^\n]*\\\n    --hash=sha256:", text, re.MULTILINE)) == len(pinned)


# -- the door ----------------------------------------------------------------------------------------------------------


def hidden(path):
    """Whether the door keeps a path, as it means, from the bridge."""
    (pattern,) = re.findall(r"location ~\* (\S+) \{", NGINX)
    return re.search(pattern, path, re.IGNORECASE) is not None


def test_health_and_metrics_are_not_for_those_outside(app):
    """Every path that is served without a login is hidden by the door; those of clients are not."""
    rules = [str(rule) for rule in app.url_map.iter_rules()]
    inner = {rule for rule in rules if rule.startswith(("/health", "/metrics"))}
    assert {"/health/live", "/health/ready", "/metrics"} <= inner
    assert all(hidden(rule) and hidden(rule.upper()) and hidden(f"{rule}/") for rule in inner)
    assert not any(hidden(rule) for rule in rules if rule not in inner)


def test_the_door_answers_as_scim_does():
    """What nginx says by itself has SCIM's shape: a client that reads JSON is not given a page."""
    bodies = [json.loads(text) for text in re.findall(r"return \d+ '(.*)';", NGINX)]
    assert [body["status"] for body in bodies] == re.findall(r"return (\d+) '", NGINX) == ["404", "503"]
    assert "error_page 502 504 = @gone;" in NGINX  # without the sign the status would stay nginx's
    assert NGINX.count("default_type application/scim+json;") == len(bodies)


def test_the_door_waits_longer_than_a_request_may_take():
    """The load balancer gives a request more time than the bridge, and never passes on certificates from outside."""
    deadline = next(setting.default for setting in SETTINGS if setting.name == "request_deadline")
    assert "proxy_read_timeout 60s;" in NGINX
    assert isinstance(deadline, float)
    assert deadline < 60
    for header in ("Client-Cert", "X-Client-Cert"):
        assert f'proxy_set_header {header} "";' in NGINX

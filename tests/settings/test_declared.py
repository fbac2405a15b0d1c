from __future__ import annotations

import re
from dataclasses import replace
from datetime import timedelta
from ipaddress import ip_network
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scimbridge.settings import declared, text
from scimbridge.settings.declared import SETTINGS, Secret, Settings, SettingsFaults, load, some
from scimbridge.settings.text import state_url

ENVIRONMENT = "0f3b5c1e-8d2a-4c6f-9b7e-2a1d4c5e6f70"
WHOLE = {
    "SCIMBRIDGE_PINGONE_ENVIRONMENT_ID": ENVIRONMENT,
    "SCIMBRIDGE_PINGONE_CLIENT_ID": "worker",
    "SCIMBRIDGE_PINGONE_CLIENT_SECRET": "s3cr3t-of-the-worker",
    "SCIMBRIDGE_PINGONE_REGION": "EU",
    "SCIMBRIDGE_BEARER_TOKEN": "t0ken-of-the-client",
}


def faults_of(**changed: str | None) -> tuple[str, ...]:
    """Return the faults of the whole configuration with some variables changed, or taken away by None."""
    environ = {**WHOLE, **{f"SCIMBRIDGE_{name}": value for name, value in changed.items()}}
    with pytest.raises(SettingsFaults) as caught:
        load({name: value for name, value in environ.items() if value is not None})
    return caught.value.faults


def loaded(**changed: str | None) -> Settings:
    environ = {**WHOLE, **{f"SCIMBRIDGE_{name}": value for name, value in changed.items()}}
    return load({name: value for name, value in environ.items() if value is not None})


def test_five_variables_are_enough():
    """Environment, client, secret, region and a token make a whole configuration; the rest has defaults."""
    settings = load(WHOLE)
    assert settings.api_url == "https://api.pingone.eu"
    assert settings.auth_url == "https://auth.pingone.eu"
    assert settings.pingone_client_secret.reveal() == "s3cr3t-of-the-worker"
    assert settings.default_population_id is None
    assert settings.datetime_offset == timedelta(0)
    assert settings.verify_tls is True
    assert settings.strict is False
    assert settings.mappings is None
    assert (settings.page_size, settings.scan_limit) == (100, 250_000)
    assert (settings.pingone_rate, settings.request_deadline) == (50, 50)
    assert settings.state_url.reveal() == "memory://"
    assert settings.log_level == "info"


@pytest.mark.parametrize(
    ("region", "host"),
    [
        ("NA", "api.pingone.com"),
        ("CA", "api.pingone.ca"),
        ("eu", "api.pingone.eu"),
        ("AP", "api.pingone.asia"),
        ("AU", "api.pingone.com.au"),
        ("SG", "api.pingone.sg"),
    ],
)
def test_all_six_regions_are_known_by_name(region, host):
    """Each region gives its hosts, in any case."""
    assert loaded(PINGONE_REGION=region).api_url == f"https://{host}"


def test_the_two_urls_stand_instead_of_the_region():
    """Without a region the URLs say where PingOne is; they lose their trailing slash."""
    urls = {"PINGONE_API_URL": "http://127.0.0.1:9000/", "PINGONE_AUTH_URL": "http://localhost:9000/auth"}
    settings = loaded(**urls, PINGONE_REGION=None)
    assert settings.api_url == "http://127.0.0.1:9000"
    assert settings.auth_url == "http://localhost:9000/auth"


def test_every_fault_is_told_at_once():
    """An empty environment names every variable that is needed, in one error."""
    with pytest.raises(SettingsFaults) as caught:
        load({})
    told = str(caught.value)
    for name in ("ENVIRONMENT_ID", "CLIENT_ID", "CLIENT_SECRET", "REGION", "API_URL", "AUTH_URL"):
        assert f"SCIMBRIDGE_PINGONE_{name}" in told
    assert "SCIMBRIDGE_BEARER_TOKEN" in told
    assert len(caught.value.faults) == 5


@pytest.mark.parametrize(
    ("name", "value", "right"),
    [
        ("PINGONE_ENVIRONMENT_ID", ENVIRONMENT.upper(), "lower-case UUID"),
        ("PINGONE_ENVIRONMENT_ID", "production", "lower-case UUID"),
        ("DEFAULT_POPULATION_ID", "Employees", "lower-case UUID"),
        ("PINGONE_CLIENT_ID", "two words", "one word"),
        ("PINGONE_REGION", "MARS", "NA, EU, CA, AP, AU, SG"),
        ("DATETIME_OFFSET", "5:30", "+05:30"),
        ("DATETIME_OFFSET", "+05:75", "+05:30"),
        ("DATETIME_OFFSET", "+24:00", "+05:30"),
        ("VERIFY_TLS", "maybe", "true nor false"),
        ("STRICT", "2", "true nor false"),
        ("PAGE_SIZE", "150", "hundreds"),
        ("PAGE_SIZE", "1100", "hundreds"),
        ("PAGE_SIZE", "0", "hundreds"),
        ("SCAN_LIMIT", "-1", "from 1"),
        ("SCAN_LIMIT", "many", "from 1"),
        ("PINGONE_RATE", "0", "from 0.1"),
        ("PINGONE_RATE", "nan", "from 0.1"),
        ("REQUEST_DEADLINE", "inf", "to 3600"),
        ("TRUSTED_PROXIES", "10.0.0.7, proxy", "address or network"),
        ("TRUSTED_PROXIES", "10.0.0.7/8", "address or network"),
        ("STATE_URL", "memcached://here", "memory:// or redis://"),
        ("STATE_URL", "redis://", "memory:// or redis://"),
        ("HTTP_PROXY", "proxy.example.org:3128", "form http://host"),
        ("LOG_LEVEL", "loud", "debug, info, warning, error"),
        ("MAPPINGS", "/nowhere/at/all", "directory that can be read"),
        ("CLIENTS", "/nowhere/at/all.toml", "file that can be read"),
        ("BEARER_TOKEN", "two words", "no blanks"),
        ("PINGONE_CLIENT_SECRET", " edge", "copy it once more"),
    ],
)
def test_a_wrong_value_says_what_would_be_right(name, value, right):
    """A value of the wrong shape is one fault, which names the variable and the right shape."""
    faults = faults_of(**{name: value})
    assert len(faults) == 1
    assert faults[0].startswith(f"SCIMBRIDGE_{name}: ")
    assert right in faults[0]


@pytest.mark.parametrize(
    ("urls", "right"),
    [
        (("https://api.example.org", None), "PINGONE_AUTH_URL is not set"),
        ((None, "https://auth.example.org"), "PINGONE_API_URL is not set"),
        (("https://api.example.org/v1", "https://auth.example.org"), "leave it out"),
        (("http://api.example.org", "https://auth.example.org"), "loopback"),
        (("ftp://api.example.org", "https://auth.example.org"), "https://host"),
        (("https://", "https://auth.example.org"), "https://host"),
        (("https://api.example.org:port", "https://auth.example.org"), "https://host"),
        (("https://api.example.org?x=1", "https://auth.example.org"), "query"),
        (("https://api.exa mple.org", "https://auth.example.org"), "blank"),
    ],
)
def test_a_wrong_url_says_what_would_be_right(urls, right):
    """The two URLs go together, are http or https, and leave /v1 to the bridge."""
    faults = faults_of(PINGONE_REGION=None, PINGONE_API_URL=urls[0], PINGONE_AUTH_URL=urls[1])
    assert len(faults) == 1
    assert right in faults[0]


def test_plain_http_to_another_machine_needs_the_laboratory_switch():
    """Http elsewhere than on loopback is taken only where certificates are not checked either."""
    urls = {"PINGONE_API_URL": "http://sandbox:8081", "PINGONE_AUTH_URL": "http://sandbox:8081", "PINGONE_REGION": None}
    assert len(faults_of(**urls)) == 2
    assert loaded(**urls, VERIFY_TLS="false").api_url == "http://sandbox:8081"


def test_the_bridge_is_never_open():
    """An empty token counts as none, and none without clients is a fault."""
    (fault,) = faults_of(BEARER_TOKEN="")
    assert "never open" in fault


def test_clients_open_the_bridge_as_a_token_does(tmp_path):
    """A file of clients is enough; the one token may be left out then."""
    clients = tmp_path / "clients.toml"
    clients.write_text("")
    assert loaded(CLIENTS=str(clients), BEARER_TOKEN=None).clients == clients


def test_records_that_are_required_need_a_place():
    """To refuse what cannot be recorded while nothing is recorded would refuse everything: it is a fault."""
    (fault,) = faults_of(AUDIT_REQUIRED="true")
    assert "SCIMBRIDGE_AUDIT or SCIMBRIDGE_AUDIT_DATABASE" in fault
    assert loaded(AUDIT_REQUIRED="true", AUDIT="-").audit_required


@pytest.mark.parametrize("url", ["mysql://u:pw12@h/n", "postgresql://:pw12@", "/pw12/a.db", "postgresql://pw12@h/a b"])
def test_a_database_is_named_by_a_url(url):
    """Only the databases that are tested are taken, and the fault does not repeat what may hold a password."""
    (fault,) = faults_of(AUDIT_DATABASE=url)
    assert fault.startswith("SCIMBRIDGE_AUDIT_DATABASE")
    assert "pw12" not in fault


def test_a_database_may_be_behind_a_socket():
    """What PostgreSQL's own clients take for a socket is taken, and a password is hidden wherever in the URL it is."""
    url = "postgresql://joe:pw12@/trail?host=/run/postgresql&password=pw34"
    database = loaded(AUDIT="-", AUDIT_DATABASE=url).audit_database
    assert database.reveal() == url
    assert set(database.hidden) == {"pw12", "pw34"}


def test_single_settings_are_read_alone():
    """A command that needs one setting reads it without the others, and tells only what is wrong with it."""
    found = some({"SCIMBRIDGE_AUDIT": "trail.jsonl", "SCIMBRIDGE_PAGE_SIZE": "7"}, "audit", "audit_database")
    assert found == {"audit": "trail.jsonl", "audit_database": None}
    with pytest.raises(SettingsFaults, match="SCIMBRIDGE_PAGE_SIZE"):
        some({"SCIMBRIDGE_PAGE_SIZE": "7"}, "page_size")


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("SCIMBRIDGE_PINGONE_CLIENTID", "SCIMBRIDGE_PINGONE_CLIENT_ID"),
        ("SCIMBRIDGE_BEARER_TOKEN_FIEL", "SCIMBRIDGE_BEARER_TOKEN_FILE"),
        ("SCIMBRIDGE_PAGESIZE", "SCIMBRIDGE_PAGE_SIZE"),
    ],
)
def test_an_unknown_variable_names_its_neighbour(written, meant):
    """A misspelt variable is a fault with the name that was probably meant."""
    with pytest.raises(SettingsFaults, match=f"{written} is not a setting; did you mean {meant}"):
        load({**WHOLE, written: "x"})


def test_an_unknown_variable_without_neighbour_is_left_to_others():
    """What has our prefix and resembles no setting may belong to another program beside us."""
    load({**WHOLE, "SCIMBRIDGE_COLOUR": "blue"})
    assert faults_of(PAGE_SIZE_FILE="/tmp/x")[0].startswith("SCIMBRIDGE_PAGE_SIZE_FILE is not a setting")


def test_variables_that_kubernetes_adds_are_no_settings():
    """A service called scimbridge puts SCIMBRIDGE_PORT and the like into every pod; they are passed over."""
    links = {
        "SCIMBRIDGE_SERVICE_HOST": "10.0.0.1",
        "SCIMBRIDGE_SERVICE_PORT": "8080",
        "SCIMBRIDGE_SERVICE_PORT_HTTP": "8080",
        "SCIMBRIDGE_PORT": "tcp://10.0.0.1:8080",
        "SCIMBRIDGE_PORT_8080_TCP": "tcp://10.0.0.1:8080",
        "SCIMBRIDGE_PORT_8080_TCP_PROTO": "tcp",
        "SCIMBRIDGE_REDIS_SERVICE_HOST": "10.0.0.2",
    }
    assert load({**WHOLE, **links}) == load(WHOLE)


def test_a_secret_may_stand_in_a_file(tmp_path):
    """`_FILE` names a file whose last line end does not count."""
    held = tmp_path / "token"
    held.write_text("t0ken-from-a-file\n")
    settings = load({**WHOLE, "SCIMBRIDGE_BEARER_TOKEN": "", "SCIMBRIDGE_BEARER_TOKEN_FILE": str(held)})
    assert settings.bearer_token == Secret("t0ken-from-a-file")


def test_a_secret_twice_is_a_fault(tmp_path):
    """A secret as a value and as a file leaves open which is meant."""
    held = tmp_path / "token"
    held.write_text("x")
    (fault,) = faults_of(BEARER_TOKEN_FILE=str(held))
    assert "SCIMBRIDGE_BEARER_TOKEN_FILE and SCIMBRIDGE_BEARER_TOKEN are both set" in fault


@pytest.mark.parametrize("content", [None, b"", b"\n", b"\xff\xfe"])
def test_an_unreadable_secret_file_is_one_fault(tmp_path, content):
    """A secret file that is missing, empty or not text is told once, by the name of its variable."""
    held = tmp_path / "secret"
    if content is not None:
        held.write_bytes(content)
    faults = faults_of(PINGONE_CLIENT_SECRET=None, PINGONE_CLIENT_SECRET_FILE=str(held))
    assert len(faults) == 1
    assert faults[0].startswith(f"SCIMBRIDGE_PINGONE_CLIENT_SECRET_FILE: {held} ")


def test_the_environment_wins_over_the_file(tmp_path):
    """A settings file has the same names in lower case, and loses against the environment."""
    file = tmp_path / "scimbridge.toml"
    file.write_text(
        'page_size = 200\nstrict = true\npingone_rate = 12.5\nlog_level = "debug"\n'
        'trusted_proxies = ["10.0.0.0/8", "::1"]\n'
    )
    settings = loaded(CONFIG=str(file), LOG_LEVEL="error")
    assert (settings.page_size, settings.strict, settings.pingone_rate) == (200, True, 12.5)
    assert settings.log_level == "error"
    assert settings.trusted_proxies == (ip_network("10.0.0.0/8"), ip_network("::1/128"))


def test_a_secret_in_the_environment_wins_over_one_in_the_settings_file(tmp_path):
    """A value here and a file there are no contradiction: the environment wins as for any setting."""
    held = tmp_path / "token"
    held.write_text("t0ken-from-a-file")
    file = tmp_path / "scimbridge.toml"
    file.write_text(f'bearer_token_file = "{held}"\n')
    assert loaded(CONFIG=str(file)).bearer_token == Secret("t0ken-of-the-client")


@pytest.mark.parametrize(
    ("content", "right"),
    [
        ("page_size = 150", "hundreds"),
        ("pagesize = 100", "did you mean page_size?"),
        ("[pingone]\nregion = 1", "write text, a number, true or false"),
        ("strict = true\nstrict = false", "is not TOML"),
        ("page_size =", "is not TOML"),
    ],
)
def test_a_faulty_settings_file_is_told_with_its_name(tmp_path, content, right):
    """A fault in the file names the file, and the key where there is one."""
    file = tmp_path / "scimbridge.toml"
    file.write_text(content)
    faults = faults_of(CONFIG=str(file))
    assert len(faults) == 1
    assert str(file) in faults[0]
    assert right in faults[0]


def test_a_missing_settings_file_is_a_fault():
    """A settings file that is named has to be there."""
    (fault,) = faults_of(CONFIG="/nowhere/scimbridge.toml")
    assert fault.startswith("SCIMBRIDGE_CONFIG: /nowhere/scimbridge.toml cannot be read")


@pytest.mark.parametrize("setting", [s for s in SETTINGS if s.secret], ids=lambda s: s.name)
@given(value=st.text(alphabet=st.characters(min_codepoint=33, max_codepoint=126), min_size=12))
def test_no_fault_holds_a_secret(setting, value):
    """Whatever stands in a secret's variable, no fault repeats it."""
    with pytest.raises(SettingsFaults) as caught:
        load({**WHOLE, setting.variable: f"{value}\x01{value}"})
    assert value not in str(caught.value)


def test_no_settings_show_a_secret():
    """Secrets are masked in repr, str and format, and compare by value."""
    settings = replace(
        loaded(HTTP_PROXY="http://user:pr0xy-pass@proxy:3128"), state_url=state_url("redis://:r3dis-pass@redis:6379/0")
    )
    shown = f"{settings!r} {settings} {settings.bearer_token} {settings.http_proxy!s}"
    for secret in settings.secrets():
        assert secret not in shown
    assert set(settings.secrets()) == {
        "s3cr3t-of-the-worker",
        "t0ken-of-the-client",
        "pr0xy-pass",
        "r3dis-pass",
    }
    assert Secret("a") == Secret("a")
    assert Secret("a") != Secret("b")
    assert Secret("a") != "a"
    assert len({Secret("a"), Secret("a")}) == 1


@given(hours=st.integers(0, 23), minutes=st.integers(0, 59), sign=st.sampled_from("+-"))
def test_offsets_are_read_as_written(hours, minutes, sign):
    """An offset is hours and minutes, and its sign counts for both."""
    size = timedelta(hours=hours, minutes=minutes)
    assert text.offset(f"{sign}{hours:02}:{minutes:02}") == (size if sign == "+" else -size)


@pytest.mark.parametrize("written", ["Z", "0", "+00:00", "-00:00"])
def test_no_offset_has_several_spellings(written):
    """No shift is written Z, 0 or +00:00."""
    assert loaded(DATETIME_OFFSET=written).datetime_offset == timedelta(0)


def test_every_setting_explains_itself():
    """Each setting has a variable of its own and one sentence, which README can print."""
    assert len({setting.variable for setting in SETTINGS}) == len(SETTINGS)
    for setting in SETTINGS:
        assert setting.description.endswith(".")
        assert setting.variable == f"SCIMBRIDGE_{setting.name.upper()}"


def test_the_tables_in_use_need_no_other_setting(tmp_path):
    """Tables come from SCIMBRIDGE_MAPPINGS, else from the package, whatever else is missing."""
    assert declared.tables({"SCIMBRIDGE_MAPPINGS": str(tmp_path)}) == tmp_path
    assert declared.tables({}).name == "tables"
    with pytest.raises(SettingsFaults, match="SCIMBRIDGE_MAPPINGS: '/nowhere' is not a directory"):
        declared.tables({"SCIMBRIDGE_MAPPINGS": "/nowhere"})


def test_the_default_tables_are_the_ones_in_mappings():
    """What the package carries is the mappings directory itself, not a copy of it."""
    top = Path(__file__).parents[2] / "mappings"
    shipped = Path(str(declared.default_mappings()))
    assert shipped.samefile(top)


@pytest.mark.parametrize("key", ["SCIMBRIDGE_STRICT", "scimbridge_strict", "STRICT"])
def test_a_key_of_the_file_may_be_spelled_as_its_variable(tmp_path, key):
    """A key with the prefix means what the variable means: its value counts, and a wrong one is a fault."""
    file = tmp_path / "scimbridge.toml"
    file.write_text(f"{key} = true\n")
    assert loaded(CONFIG=str(file)).strict is True
    file.write_text(f'{key} = "maybe"\n')
    assert faults_of(CONFIG=str(file)) == (f"{key} in {file}: 'maybe' is neither true nor false",)


def test_a_key_that_stands_twice_in_two_spellings_is_a_fault(tmp_path):
    """Two spellings of one setting leave open which is meant."""
    file = tmp_path / "scimbridge.toml"
    file.write_text("strict = true\nSCIMBRIDGE_STRICT = false\n")
    (fault,) = faults_of(CONFIG=str(file))
    assert "are one setting; keep one of them" in fault


@pytest.mark.parametrize("key", ["config", "SCIMBRIDGE_CONFIG", "SCIMBRIDGE_COLOUR", "colour"])
def test_no_key_of_the_file_is_passed_over(tmp_path, key):
    """What is written in our own file is ours: a key that is no setting is a fault, with the prefix too."""
    file = tmp_path / "scimbridge.toml"
    file.write_text(f'{key} = "x"\n')
    (fault,) = faults_of(CONFIG=str(file))
    assert fault.startswith(f"{key} in {file} is not a setting; ")


def test_a_region_beside_urls_is_a_fault(tmp_path):
    """Two answers to where PingOne is are a fault that names both, wherever they are written."""
    file = tmp_path / "scimbridge.toml"
    file.write_text('pingone_api_url = "https://api.example.org"\npingone_auth_url = "https://auth.example.org"\n')
    (fault,) = faults_of(CONFIG=str(file))
    assert f"pingone_api_url in {file} and SCIMBRIDGE_PINGONE_REGION are both set" in fault


@pytest.mark.parametrize(
    ("variable", "meant"),
    [("SCIMBRIDGE_DEFAULT_POP", "DEFAULT_POPULATION_ID"), ("scimbridge_strict", "STRICT"), ("SCIMBRIDGE_COLOUR", None)],
)
def test_a_variable_that_is_no_setting_is_told(variable, meant):
    """What resembles no setting may be another program's, so that it is no fault; it is told, and what may be meant."""
    (told,) = declared.look({**WHOLE, variable: "x"}).unknown
    assert told.startswith(f"{variable} is not a setting and changes nothing; ")
    assert ("`scimbridge config`" if meant is None else f"perhaps SCIMBRIDGE_{meant} is meant") in told


def test_variables_that_kubernetes_adds_are_not_told():
    """What stands in every pod beside a service is nothing to warn about."""
    links = {"SCIMBRIDGE_SERVICE_HOST": "10.0.0.1", "SCIMBRIDGE_PORT_8080_TCP_ADDR": "10.0.0.1"}
    assert declared.look({**WHOLE, **links, "SCIMBRIDGE_PORT": "tcp://10.0.0.1:8080"}).unknown == ()


@pytest.mark.parametrize(
    ("url", "right"),
    [
        ("https://bridge.example.com/scim/v2", "write https://bridge.example.com"),
        ("https://bridge.example.com/SCIM/v2/", "write https://bridge.example.com"),
        ("https://bridge.example.com//scim/v2/Users", "write https://bridge.example.com"),
        ("https://bridge.example.com/idm/scim/v2", "write https://bridge.example.com/idm"),
        ("https://bridge.example.com/?", "write https://bridge.example.com"),
        ("https://bridge.example.com/#top", "write https://bridge.example.com"),
        ("https://joe:pw12@bridge.example.com", "write https://bridge.example.com"),
        ("bridge.example.com", "https://bridge.example.com"),
    ],
)
def test_a_public_url_is_where_the_bridge_is_and_no_more(url, right):
    """The path of SCIM is the bridge's to add, and what else does not belong there is told with what would be right."""
    (fault,) = faults_of(PUBLIC_URL=url)
    assert fault.startswith("SCIMBRIDGE_PUBLIC_URL: ")
    assert fault.endswith(right)
    assert "pw12" not in fault


def test_a_public_url_may_have_a_path():
    """What a proxy puts in front of the bridge is a part of where it is."""
    assert loaded(PUBLIC_URL="https://bridge.example.com/idm/").public_url == "https://bridge.example.com/idm"


def test_to_trust_somebody_and_not_to_look_is_a_contradiction(pem_files):
    """A bundle of authorities with a check that is turned off is a fault that names both."""
    (fault,) = faults_of(CA_BUNDLE=str(pem_files / "ca.pem"), VERIFY_TLS="false")
    assert "SCIMBRIDGE_CA_BUNDLE" in fault
    assert "SCIMBRIDGE_VERIFY_TLS" in fault


@pytest.mark.parametrize("host", ["0.0.0.0:8080", "http://0.0.0.0", "[::]", "10.0.0", "10.0.0.256", "a b", "-x"])
def test_an_address_to_listen_at_is_an_address_alone(host):
    """Port, scheme and brackets are told with the settings, and not as a name that nobody knows."""
    (fault,) = faults_of(HOST=host)
    assert fault.startswith("SCIMBRIDGE_HOST: ")
    assert "127.0.0.1, 0.0.0.0 or ::" in fault


@pytest.mark.parametrize("host", ["::", "::1", "0.0.0.0", "localhost", "bridge_1.example.com"])
def test_addresses_and_names_can_be_listened_at(host):
    """An address of either kind, or a name of one."""
    assert loaded(HOST=host).host == host


def test_an_empty_address_is_not_all_of_them():
    """`--host ""`, as a script with an unset variable writes it, would open the bridge to everybody."""
    with pytest.raises(SettingsFaults, match="--host: '' is no address to listen at"):
        load(WHOLE, {"host": ""})


@pytest.mark.parametrize("name", ["CLIENTS", "MAPPINGS"])
def test_a_path_that_leads_nowhere_says_so(name, tmp_path):
    """What is not there, and what is of another kind, are told apart, with what would be right."""
    (fault,) = faults_of(**{name: str(tmp_path / "missing")})
    assert fault.endswith("nothing is there; name one that is, or make it")
    (tmp_path / "file").touch()
    (fault,) = faults_of(**{name: str(tmp_path if name == "CLIENTS" else tmp_path / "file")})
    assert re.search(r"is not a (file|directory); name a \1 that can be read$", fault)


def test_an_option_wins_and_is_named(tmp_path):
    """What a command is told counts before all else, and a fault names the option."""
    assert load({**WHOLE, "SCIMBRIDGE_PORT": "1"}, {"port": "9000"}).port == 9000
    with pytest.raises(SettingsFaults, match="--client-ca needs the bridge's own certificate"):
        load(WHOLE, {"client_ca": str(tmp_path)})


def test_a_single_setting_is_not_read_past_a_faulty_file():
    """A command that needs one setting says that the file it may stand in cannot be read."""
    with pytest.raises(SettingsFaults, match=r"SCIMBRIDGE_CONFIG: /nowhere\.toml cannot be read"):
        some({"SCIMBRIDGE_CONFIG": "/nowhere.toml"}, "audit")

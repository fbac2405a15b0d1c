from __future__ import annotations

import email
import os
import re
import shutil
import subprocess
import sys
import zipfile
from configparser import ConfigParser
from pathlib import Path

import pytest
from packaging.requirements import Requirement

import scimbridge

ROOT = Path(__file__).parent.parent
LEFT_OUT = shutil.ignore_patterns(".*", "build", "dist", "*.egg-info", "__pycache__", "tests")


@pytest.fixture(scope="module")
def wheel(tmp_path_factory):
    """A wheel made from a source distribution, as an index would have both."""
    folder = tmp_path_factory.mktemp("packaging")
    shutil.copytree(ROOT, folder / "source", ignore=LEFT_OUT, symlinks=True)
    made = subprocess.run(
        [sys.executable, "-m", "build", "--no-isolation", "--outdir", str(folder / "dist"), "."],
        cwd=folder / "source",
        capture_output=True,
        text=True,
        check=False,
    )
    assert made.returncode == 0, made.stdout + made.stderr
    (found,) = (folder / "dist").glob("*.whl")
    return found


def test_a_wheel_holds_every_module(wheel):
    """No room of the package is forgotten, and nothing else is packed."""
    there = {path.relative_to(ROOT).as_posix() for path in (ROOT / "scimbridge").rglob("*.py")}
    with zipfile.ZipFile(wheel) as packed:
        assert {name for name in packed.namelist() if name.endswith(".py")} == there


def test_a_wheel_carries_the_tables_and_the_licence(wheel):
    """The default tables and the licence travel along, byte for byte."""
    with zipfile.ZipFile(wheel) as packed:
        tables = {
            Path(name).name: packed.read(name) for name in packed.namelist() if name.startswith("scimbridge/tables/")
        }
        licences = [name for name in packed.namelist() if name.endswith("LICENSE")]
    assert tables == {path.name: path.read_bytes() for path in (ROOT / "mappings").glob("*.toml")}
    assert {"users.toml", "groups.toml", "populations.toml"} <= set(tables)
    assert len(licences) == 1


def test_a_wheel_carries_the_page_of_plans(wheel):
    """What a plan is shown with as HTML travels along."""
    folder = ROOT / "scimbridge/sync/printing/page"
    with zipfile.ZipFile(wheel) as packed:
        there = {name for name in packed.namelist() if name.startswith("scimbridge/sync/printing/page/")}
    assert there == {path.relative_to(ROOT).as_posix() for path in folder.iterdir()} != set()


def test_a_wheel_says_what_it_is(wheel):
    """Version, author and addresses are those of the package; the version stands in the code once."""
    with zipfile.ZipFile(wheel) as packed:
        (name,) = (name for name in packed.namelist() if name.endswith(".dist-info/METADATA"))
        told = email.message_from_bytes(packed.read(name))
    assert (told["Name"], told["Version"], told["Author"]) == (
        "scimbridge",
        scimbridge.__version__,
        "scimbridge authors",
    )
    addresses = dict(line.split(", ") for line in told.get_all("Project-URL"))
    assert set(addresses) == {"Documentation", "Source", "Issues", "Changelog", "Security"}
    assert {f"Programming Language :: Python :: 3.{minor}" for minor in range(11, 15)} <= set(
        told.get_all("Classifier")
    )


def test_any_server_finds_an_application(tmp_path):
    """`scimbridge.wsgi` has an application, which `wsgi` hands on; without settings it says what is missing."""
    program = "import wsgi, scimbridge.wsgi as w; print(callable(w.application) and wsgi.application is w.app)"
    settings = {
        "SCIMBRIDGE_PINGONE_ENVIRONMENT_ID": "0f3b5c1e-8d2a-4c6f-9b7e-2a1d4c5e6f70",
        "SCIMBRIDGE_PINGONE_CLIENT_ID": "worker",
        "SCIMBRIDGE_PINGONE_CLIENT_SECRET": "s3cr3t-of-the-worker",
        "SCIMBRIDGE_PINGONE_REGION": "EU",
        "SCIMBRIDGE_BEARER_TOKEN": "a-token-for-any-server-0123456789",
    }
    clean = {name: value for name, value in os.environ.items() if not name.startswith("SCIMBRIDGE_")}

    def run(**given: str):
        return subprocess.run(
            [sys.executable, "-c", program],
            cwd=tmp_path,
            env={**clean, "PYTHONPATH": str(ROOT), **given},
            capture_output=True,
            text=True,
            check=False,
        )

    ran = run(**settings)
    assert ran.stdout.split() == ["True"], ran.stderr
    faulty = run()
    assert faulty.returncode == 1
    assert "SCIMBRIDGE_PINGONE_ENVIRONMENT_ID is not set" in faulty.stderr


# -- locks: what image and CI install ----------------------------------------------------------------------------------


def pins(name: str) -> dict[str, set[str]]:
    """Return the versions that a lock has of each package, each with at least one hash."""
    text = (ROOT / "locks" / f"{name}.txt").read_text("utf-8")
    found: dict[str, set[str]] = {}
    for package, version, rest in re.findall(r"^([a-z0-9.-]+)(?:\[.*\])?==(\S+)(.*\n(?: .*\n)*)", text, re.MULTILINE):
        assert "--hash=sha256:" in rest, package
        found.setdefault(package, set()).add(version)
    return found


def wanted(*extras: str) -> list[Requirement]:
    """Return the requirements of the package and of its extras."""
    setup = ConfigParser()
    setup.read(ROOT / "setup.cfg")
    texts = [setup["options"]["install_requires"], *(setup["options.extras_require"][extra] for extra in extras)]
    return [Requirement(line) for text in texts for line in text.split("\n") if line]


@pytest.mark.parametrize(("lock", "extra"), [("test", "test"), ("docs", "docs"), ("image", "database")])
def test_a_lock_has_what_the_package_needs(lock, extra):
    """Every requirement is pinned to versions within its range; after a change of setup.cfg: make lock."""
    locked = pins(lock)
    for requirement in wanted(extra):
        versions = locked.get(re.sub(r"[-_.]+", "-", requirement.name).lower(), set())
        assert versions, f"{requirement.name} is not in locks/{lock}.txt; run: make lock"
        assert all(requirement.specifier.contains(version) for version in versions), requirement


def test_the_wheel_of_the_image_is_built_with_what_is_locked():
    """What pyproject.toml builds with is in a lock, at the version that is tested."""
    assert set(pins("build")) == {"setuptools"}
    assert pins("build")["setuptools"] == pins("test")["setuptools"]


def test_the_image_has_the_versions_that_are_tested():
    """What is in the image is in the tests' lock too, at the same versions."""
    tested = pins("test")
    assert len(pins("image")) > 20
    assert {name: versions for name, versions in pins("image").items() if tested.get(name) != versions} == {}


def test_an_installed_package_finds_its_tables_from_anywhere(wheel, tmp_path):
    """Outside of the checkout the tables are read from the package."""
    with zipfile.ZipFile(wheel) as packed:
        packed.extractall(tmp_path / "installed")
    program = (
        "from scimbridge.settings.declared import default_mappings as d; print(*sorted(p.name for p in d().iterdir()))"
    )
    ran = subprocess.run(
        [sys.executable, "-c", program],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(tmp_path / "installed")},
        capture_output=True,
        text=True,
        check=True,
    )
    assert ran.stdout.split() == sorted(path.name for path in (ROOT / "mappings").glob("*.toml"))

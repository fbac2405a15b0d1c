from __future__ import annotations

import os
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

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

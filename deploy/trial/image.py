"""The image and the compose file: built, given a client and served as its own user, by a tool without a daemon."""

from __future__ import annotations

import os
import shutil
import sys
from pathlib import Path

from outcome import DEPLOY, ROOT, Fault, NotTried, expect, need, run

BASE = "docker.io/library/python:3.11-slim"
INSTALL = "python3,python3-pip,python3-venv,ca-certificates"
AUTHORITIES = Path("/etc/ssl/certs/ca-certificates.crt")
OUT_OF_REACH = ("Connection", "Retrying", "Could not find a version")
"""What pip says where no index answers."""
# What docs/run/compose.md tells, and then a bridge at another port than the image's, with a certificate of its own.
STEPS = r"""
set -eu
cd /var/lib/scimbridge
umask 077
echo not-a-real-secret > pingone_client_secret
export SCIMBRIDGE_CLIENTS=$PWD/clients.toml SCIMBRIDGE_PINGONE_CLIENT_SECRET_FILE=$PWD/pingone_client_secret
export SCIMBRIDGE_PINGONE_ENVIRONMENT_ID=0f3b5c1e-8d2a-4c6f-9b7e-2a1d4c5e6f70
export SCIMBRIDGE_PINGONE_CLIENT_ID=5d1f0c52-2f0e-4a57-b0c7-6f1d2c3b4a59 SCIMBRIDGE_PINGONE_REGION=EU
scimbridge client add trial --scope users:read > /dev/null
test "$(stat -c %a:%u clients.toml)" = 600:10001
if scimbridge health 2> /dev/null; then echo "well, with no bridge there"; exit 1; fi
scimbridge serve --port "$1" --certfile /tmp/own.pem > /tmp/log 2>&1 & bridge=$!
tries=0
until scimbridge health > /tmp/health 2> /tmp/no; do
    tries=$((tries + 1)); test $tries -lt 60 || { cat /tmp/no /tmp/log; exit 1; }
    sleep 0.5
done
cat /tmp/health
kill $bridge
wait $bridge
"""


def build_and_serve(folder: Path) -> str:
    """Build the image, add a client as its user, serve over TLS at another port, and ask the health check."""
    buildah = need("buildah")
    if os.geteuid() != 0:
        raise NotTried("buildah without root needs name spaces of users, which are set up by hand")
    place = [buildah, "--root", folder / "storage", "--runroot", folder / "run"]
    environ = {**os.environ, "BUILDAH_ISOLATION": "chroot", "STORAGE_DRIVER": "vfs"}
    base = _pull_or_make(place, folder, environ)
    words = ["build", "--network", "host", "--pull-never", "--format", "docker", "--tag", "trial", ROOT]
    run([*place, *words], environ)
    try:
        container = run([*place, "from", "--pull-never", "trial"], environ).split()[-1]
        run([need("openssl"), "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-subj", "/CN=bridge.example.com",
             "-days", "2", "-keyout", folder / "key.pem", "-out", folder / "cert.pem"])  # fmt: skip
        own = folder / "own.pem"
        own.write_text((folder / "cert.pem").read_text("ascii") + (folder / "key.pem").read_text("ascii"), "ascii")
        run([*place, "copy", "--chown", "10001:10001", container, own, "/tmp/own.pem"], environ)  # noqa: S108 - inside
        said = run([*place, "run", "--network", "host", container, "--", "sh", "-c", STEPS, "sh", "18443"], environ)
        user = run([*place, "run", container, "--", "id", "-u"], environ).strip()
    finally:
        run([*place, "rm", "--all"], environ)
    expect(holds=user == "10001", otherwise=f"it runs as {user}")
    expect(holds="https://127.0.0.1:18443/health/live: 200" in said, otherwise=said)
    return f"on {base}: a client added, then served over TLS, both as 10001; the health check finds it"


def _pull_or_make(place: list[str | Path], folder: Path, environ: dict[str, str]) -> str:
    """Have the image that ours stands on: the real one, or Debian's Python where no registry is in reach."""
    try:
        run([*place, "pull", BASE], environ, seconds=300)
    except Fault:
        pass
    else:
        return BASE
    debootstrap, root = shutil.which("debootstrap"), folder / "base"
    if debootstrap is None:
        raise NotTried(f"{BASE} cannot be pulled, and debootstrap is not on this machine to make one like it")
    try:
        run([debootstrap, "--variant=minbase", f"--include={INSTALL}", "bookworm", root])
    except Fault as fault:
        raise NotTried(f"{BASE} cannot be pulled, and Debian cannot be had: {fault}") from fault
    for marker in root.glob("usr/lib/python3*/EXTERNALLY-MANAGED"):
        marker.unlink()
    (root / "usr/bin/python").symlink_to("python3")
    if AUTHORITIES.exists():
        shutil.copyfile(AUTHORITIES, root / AUTHORITIES.relative_to("/"))
        (root / "etc/pip.conf").write_text(f"[global]\ncert = {AUTHORITIES}\n", "utf-8")
    container = run([*place, "from", "scratch"], environ).split()[-1]
    run([*place, "copy", container, root, "/"], environ)
    run([*place, "config", "--env", "PATH=/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin", container], environ)
    run([*place, "commit", "--quiet", container, BASE], environ)
    run([*place, "rm", container], environ)
    return f"Debian's Python in place of {BASE}, which cannot be pulled"


def install_lock(folder: Path) -> str:
    """Have pip fetch every package of the lock, and refuse it where its hash is another one."""
    lock = ROOT / "locks" / "image.txt"
    words = ["-m", "pip", "download", "--quiet", "--no-deps", "--require-hashes", "--requirement", lock]
    try:
        run([sys.executable, *words, "--dest", folder])
    except Fault as fault:
        if any(word in str(fault) for word in OUT_OF_REACH):
            raise NotTried(f"the registry is not in reach: {fault}") from fault
        raise
    return f"{len(list(folder.iterdir()))} packages, each with its hash"


def read_compose(folder: Path) -> str:
    """Have Docker Compose read the file: it needs no daemon for that."""
    if shutil.which("docker-compose"):
        compose = ["docker-compose"]
    else:
        compose = [need("docker"), "compose"]
        try:
            run([*compose, "version"])
        except Fault as fault:
            raise NotTried("this docker has no compose, and docker-compose is not on this machine") from fault
    (folder / "deploy").mkdir()
    shutil.copy(DEPLOY / "compose.yml", folder / "deploy" / "compose.yml")
    shutil.copy(DEPLOY / "bridge.env.example", folder / "deploy" / "bridge.env")
    run([*compose, "--file", folder / "deploy" / "compose.yml", "config", "--quiet"])
    return "no complaint"

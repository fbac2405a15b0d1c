"""The least that any bridge in this language can be: Flask and requests, nothing translated.

`python -m benchmarks.passthrough --port N` serves it with the worker that the bridge is served with. One user is read
from PingOne and handed on as it came.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from functools import partial

import click
import requests
from flask import Flask, Response

from scimbridge.serve.server import Options, run


def fetch_token(settings: Mapping[str, str]) -> str:
    """Return an access token of the sandbox that the settings name."""
    answer = requests.post(
        f"{settings['SCIMBRIDGE_PINGONE_AUTH_URL']}/{settings['SCIMBRIDGE_PINGONE_ENVIRONMENT_ID']}/as/token",
        data={"grant_type": "client_credentials"},
        auth=(settings["SCIMBRIDGE_PINGONE_CLIENT_ID"], settings["SCIMBRIDGE_PINGONE_CLIENT_SECRET"]),
        timeout=30,
    )
    answer.raise_for_status()
    token: str = answer.json()["access_token"]
    return token


def make_app(settings: Mapping[str, str]) -> Flask:
    """Make the application of one worker."""
    app = Flask("passthrough", static_folder=None)
    session = requests.Session()
    session.mount("http://", requests.adapters.HTTPAdapter(pool_maxsize=64))
    session.headers["Authorization"] = f"Bearer {fetch_token(settings)}"
    home = f"{settings['SCIMBRIDGE_PINGONE_API_URL']}/v1/environments/{settings['SCIMBRIDGE_PINGONE_ENVIRONMENT_ID']}"

    @app.get("/users/<key>")
    def one(key: str) -> Response:
        found = session.get(f"{home}/users/{key}", timeout=30)
        return Response(found.content, found.status_code, content_type=found.headers["Content-Type"])

    return app


@click.command()
@click.option("--host", required=True)
@click.option("--port", type=int, required=True)
@click.option("--workers", type=int, required=True)
@click.option("--threads", type=int, required=True)
def main(host: str, port: int, workers: int, threads: int) -> None:
    """Serve until SIGTERM."""
    run(lambda: partial(make_app, os.environ), Options(host=host, port=port, workers=workers, threads=threads))


if __name__ == "__main__":
    main()

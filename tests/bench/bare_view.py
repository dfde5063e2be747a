"""The yardstick of the vote loop: a Django view that does nothing but one INSERT, asked by the same clients.
How many of these a machine answers says how fast it is at this hour."""

import json
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import psycopg
from django.conf import settings
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.urls import path

from tests import servers

SECRETS = 32
TABLE = "CREATE TABLE bare (id bigserial PRIMARY KEY, answer jsonb, at timestamptz DEFAULT now())"


@contextmanager
def bare_view(url: str) -> Iterator[dict]:
    """What the clients are given: address, and names that the view ignores."""
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("DROP TABLE IF EXISTS bare")
        connection.execute(TABLE)
    port = servers.free_port()
    command = [sys.executable, "-m", "gunicorn", "tests.bench.bare_view:application()"]
    command += ["-c", "deploy/gunicorn.conf.py", "--bind", f"127.0.0.1:{port}", "--keep-alive", "75"]
    environment = {"BARE_DATABASE": url, "WEB_WORKERS": "2", "WEB_THREADS": "4"}
    with servers.temporary() as home:
        log = Path(home) / "bare.log"
        with servers.process(command, log=log, environment=environment) as running:
            servers.wait_for(lambda: servers.listens(port), running, log)
            address = f"http://127.0.0.1:{port}"
            yield {"address": address, "token": "bare", "cookie": "bare", "secrets": ["x"] * SECRETS}


def vote(request: HttpRequest, name: str) -> HttpResponse:
    from django.db import connection

    if request.method == "POST":
        answer = json.loads(request.body)["answer"]
        with connection.cursor() as cursor:
            cursor.execute("INSERT INTO bare (answer) VALUES (%s)", [json.dumps(answer)])
    reply = JsonResponse({"nonce": "bare"}, status=201 if request.method == "POST" else 200)
    reply.headers["Content-Length"] = str(len(reply.content))
    return reply


urlpatterns = [path("api/v1/rater/bare/<name>", vote)]


def application():
    place = urlsplit(os.environ["BARE_DATABASE"])
    database = {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": place.path.lstrip("/"),
        "USER": place.username or "",
        "HOST": parse_qs(place.query)["host"][0],
        "CONN_MAX_AGE": None,
    }
    settings.configure(ALLOWED_HOSTS=["*"], ROOT_URLCONF=__name__, DATABASES={"default": database})
    from django.core.wsgi import get_wsgi_application

    return get_wsgi_application()

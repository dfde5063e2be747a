"""The deployment as processes: nginx, gunicorn, PostgreSQL, Redis, worker and beat, production settings."""

import secrets
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from arena.demo import pictures
from tests import servers
from tests.deploy.client import Client
from tests.run import find

pytestmark = pytest.mark.servers
DEPLOY = Path(__file__).resolve().parents[2] / "deploy"


@dataclass
class Stack:
    base: str
    environment: dict[str, str]
    folder: Path

    def manage(self, *arguments: str) -> str:
        return servers.manage(self.environment, *arguments)


def example_environment() -> dict[str, str]:
    lines = (DEPLOY / "production.env.example").read_text().splitlines()
    return dict(line.split("=", 1) for line in lines if line and not line.startswith("#"))


@contextmanager
def nginx(folder: Path, web: str) -> Iterator[str]:
    """The shipped configuration, with this machine's addresses and folders put in."""
    binary = find("nginx")
    assert binary, "nginx is missing: apt-get install -y nginx"
    port = servers.free_port()
    site = (DEPLOY / "nginx" / "arena.conf").read_text()
    for shipped, here in {
        "server web:8000;": f"server {web.removeprefix('http://')};",
        "listen 80;": f"listen 127.0.0.1:{port};",
        "/srv/arena/": f"{folder}/",
        "/var/log/nginx/": f"{folder}/visits-",
    }.items():
        assert shipped in site
        site = site.replace(shipped, here)
    (folder / "site.conf").write_text(site)
    (folder / "nginx.conf").write_text(
        f"user root;\npid {folder}/nginx.pid;\nerror_log {folder}/nginx-error.log;\nevents {{}}\n"
        f"http {{ include /etc/nginx/mime.types; access_log off; client_body_temp_path {folder}/body;\n"
        f"proxy_temp_path {folder}/proxy; fastcgi_temp_path {folder}/f; uwsgi_temp_path {folder}/u;\n"
        f"scgi_temp_path {folder}/s; include {folder}/site.conf; }}\n"
    )
    command = [binary, "-c", str(folder / "nginx.conf"), "-p", str(folder), "-g", "daemon off;"]
    with servers.process(command, log=folder / "nginx.log"):
        servers.wait_until(lambda: servers.listens(port), f"nginx (see {folder}/nginx.log)")
        yield f"http://127.0.0.1:{port}"


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    folder = tmp_path_factory.mktemp("stack")
    with ExitStack() as running:
        environment = example_environment() | {
            "SECRET_KEY": secrets.token_urlsafe(64),
            "ALLOWED_HOSTS": "127.0.0.1",
            "DATABASE_URL": running.enter_context(servers.postgres(folder)),
            "BROKER_URL": running.enter_context(servers.redis(folder)),
            "ARENA_VAR": str(folder / "var"),
            "MEDIA_ROOT": str(folder / "media"),
            "STATIC_ROOT": str(folder / "static"),
            "SWEEP_SECONDS": "2",
            "ACCESS_LOG": str(folder / "web-access.log"),
            "DJANGO_SUPERUSER_PASSWORD": "a good long password",
            # The browser tests set it for this process; a deployment never has it.
            "DJANGO_ALLOW_ASYNC_UNSAFE": "",
        }
        here = Stack("", environment, folder)
        here.manage("migrate", "-v0")
        here.manage("collectstatic", "--noinput", "-v0")
        here.manage("createsuperuser", "--noinput", "--username", "designer", "--email", "d@example.org")
        running.enter_context(servers.celery_worker(environment))
        beat = [sys.executable, "-m", "celery", "-A", "arena.celery", "beat", "--pidfile="]
        running.enter_context(servers.process(beat, log=folder / "beat.log", environment=environment))
        web = running.enter_context(servers.gunicorn(environment))
        here.base = running.enter_context(nginx(folder, web))
        yield here


@pytest.fixture(scope="module")
def study(stack: Stack) -> dict[str, str]:
    """A study brought in by command and launched by the API; the worker prepares it."""
    source = stack.folder / "pictures"
    source.mkdir()
    manifest = pictures.write_manifest(source, seed=5, per_category=1)
    stack.manage("import_study", str(manifest), "--name", "Production trial")
    client = Client(stack.base)
    login = client.post_json("/api/v1/token/", {"username": "designer", "password": "a good long password"})
    assert login.status == 200, login.text
    authorization = f"Token {login.json()['token']}"
    listed = client.get("/api/v1/studies/", Authorization=authorization).json()["results"]
    path = f"/api/v1/studies/{listed[0]['id']}/"
    launched = client.post_json(f"{path}launch/", {}, Authorization=authorization)
    assert launched.status in (200, 202), launched.text

    def is_running() -> bool:
        return client.get(path, Authorization=authorization).json()["state"] == "running"

    servers.wait_until(is_running, "the prepared study", 120)
    panel = client.get(f"{path}panels/", Authorization=authorization).json()
    panel = panel["results"] if isinstance(panel, dict) else panel
    link = panel[0]["link"] if "link" in panel[0] else f"/r/{panel[0]['token']}/"
    return {"path": path, "authorization": authorization, "link": "/r/" + link.split("/r/")[1]}


def test_the_production_example_passes_the_deployment_check(stack: Stack) -> None:
    assert "no issues" in stack.manage("check", "--deploy", "--fail-level", "WARNING")


def test_static_files_come_compressed_and_immutable_from_nginx(stack: Stack) -> None:
    page = Client(stack.base).get("/accounts/login/")
    style = next(part for part in page.text.split('"') if part.startswith("/static/css/app."))
    answer = Client(stack.base).get(style, Accept_Encoding="gzip")
    assert answer.status == 200
    assert answer.headers["Content-Encoding"] == "gzip"
    assert "immutable" in answer.headers["Cache-Control"]


def test_a_vote_goes_through_the_whole_stack_into_the_ranking(stack: Stack, study: dict[str, str]) -> None:
    client = Client(stack.base)
    link = study["link"]
    page = client.get(link)
    while page.status in (301, 302):
        page = client.get(page.headers["Location"])
    accepted = client.post_form(f"{link}consent/", page, choice="accept", version="1")
    assert accepted.status == 302, accepted.text
    client.post_form(f"{link}instructions/", client.get(f"{link}instructions/"))
    voting = client.get(f"{link}vote/")
    assert voting.status == 200, voting.text
    api = f"/api/v1/rater/{link.split('/')[2]}/"
    served = client.get(f"{api}next").json()["assignments"][0]

    picture = client.get(served["pictures"][0])
    assert picture.status == 200
    assert picture.body[:3] == b"\xff\xd8\xff"
    assert not {"ETag", "Last-Modified", "Content-Disposition", "X-Accel-Redirect"} & set(picture.headers)

    answer = {"nonce": served["nonce"], "answer": {"overall": "left"}, "evidence": {"answer_ms": 2100}}
    stored = client.post_json(f"{api}votes", answer)
    assert stored.status == 201, stored.text
    again = client.post_json(f"{api}votes", answer)
    assert again.status == 200

    ranking = client.get(f"{study['path']}ranking/", Authorization=study["authorization"])
    assert ranking.status == 200, ranking.text


def test_pictures_are_not_reachable_past_django(stack: Stack, study: dict[str, str]) -> None:
    some = next((stack.folder / "media" / "renditions").rglob("*/*"))
    inside = some.relative_to(stack.folder / "media")
    assert Client(stack.base).get(f"/internal-media/{inside}").status == 404
    assert Client(stack.base).get(f"/media/{inside}").status == 404


def test_the_worker_scores_every_image(stack: Stack, study: dict[str, str]) -> None:
    client = Client(stack.base)

    def states() -> dict[str, set[str]]:
        answer = client.get(f"{study['path']}scores/?limit=1000", Authorization=study["authorization"])
        found: dict[str, set[str]] = {}
        for score in answer.json()["results"]:
            metric = score["metric"]["name"] if isinstance(score["metric"], dict) else score["metric"]
            found.setdefault(metric, set()).add(score["state"])
        return found

    # Public weights are not here: their metric waits, the built-in one and the statistics do not.
    wanted = {"clip_score_shapes": {"done"}, "sharpness": {"done"}, "clip_score": {"unavailable"}}
    servers.wait_until(lambda: wanted.items() <= states().items(), "the scores", 180)


def test_no_access_log_holds_an_address_or_the_id_of_a_participant(stack: Stack) -> None:
    person = "5f3c9d2e8b7a6c5d4e3f2a1b"
    Client(stack.base).get(f"/r/somewhere/?PROLIFIC_PID={person}", X_Forwarded_For="203.0.113.77")
    logs = [stack.folder / "web-access.log", stack.folder / "visits-access.log"]
    for log in logs:
        servers.wait_until(lambda log=log: "/r/somewhere/" in log.read_text(), f"a line in {log.name}")
        text = log.read_text()
        assert person not in text
        assert "203.0.113.77" not in text
        assert "127.0.0.1" not in text

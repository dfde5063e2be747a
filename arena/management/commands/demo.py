import signal
import sys
from argparse import ArgumentParser
from typing import Any

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError

from arena.demo import processes, seed


class Command(BaseCommand):
    help = "Runs an arena on this machine: database, demo study, web server, Celery worker and beat."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--port", type=int, default=8000)

    def handle(self, *args: Any, port: int, **options: Any) -> None:
        # Ctrl-C and a service manager's stop both end the demo in order, also where a shell that started it
        # in the background has told it to ignore Ctrl-C.
        for ending in (signal.SIGINT, signal.SIGTERM):
            signal.signal(ending, signal.default_int_handler)
        try:
            processes.check_port(port)
            self.stdout.write("Database …")
            call_command("migrate", verbosity=0, interactive=False)
            call_command("prepare_broker", verbosity=0)
            links = seed.ensure_demo(say=self.stdout.write)
            self.run(port, links)
        except processes.PortTaken as error:
            raise CommandError(str(error)) from error
        except processes.ProcessDied as error:
            raise CommandError(str(error)) from error
        except KeyboardInterrupt:
            self.stdout.write("\nStopped. Everything is kept in " + str(settings.VAR_DIR))

    def run(self, port: int, links: seed.Links) -> None:
        base = f"http://127.0.0.1:{port}"
        environment = {"DJANGO_SETTINGS_MODULE": "arena.settings"}
        with processes.Processes(settings.VAR_DIR / "log", environment) as running:
            python = sys.executable
            gunicorn = (
                "-m",
                "gunicorn",
                "-c",
                "deploy/gunicorn.conf.py",
                "--bind",
                f"127.0.0.1:{port}",
                "arena.wsgi",
            )
            running.start("web server", python, *gunicorn)
            worker = (
                "-m",
                "celery",
                "-A",
                "arena.celery",
                "worker",
                "--concurrency",
                "1",
                "--loglevel",
                "INFO",
            )
            running.start("worker", python, *worker, "--without-gossip", "--without-mingle")
            running.start("beat", python, "-m", "celery", "-A", "arena.celery", "beat", "--pidfile=")
            running.wait_for(f"{base}/healthz")
            self.say_links(base, links)
            running.watch()

    def say_links(self, base: str, links: seed.Links) -> None:
        self.stdout.write(
            f"""
The arena is running. Press Ctrl-C to stop it; its data stay in {settings.VAR_DIR}.

  Vote                 {base}{links.vote}
  Rate (1 to 5)        {base}{links.rate}
  Best, order, flaws   {base}{links.mixed}
  Designer's pages     {base}/studies/
  Results              {base}{links.results}
  Scoring              {base}/scoring/
  API                  {base}/api/v1/docs/

  Log in as {links.username} with the password {links.password}
"""
        )

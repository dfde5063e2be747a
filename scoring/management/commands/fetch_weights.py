import os
import subprocess
import sys
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from scoring import conf
from scoring.actions import metrics, sweeps
from scoring.metrics.extractors import default_tag, open_clip_model
from scoring.metrics.weights import Unavailable


class Command(BaseCommand):
    help = "Fetch the weights of an open_clip model from the network; scores that wait for them then go on."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "name",
            nargs="?",
            default="",
            help="MODEL:TAG as open_clip names them, or hf-hub:OWNER/NAME; the configured model if left out",
        )

    def handle(self, *args: Any, name: str, **options: Any) -> None:
        name = name or conf.extractors()["open-clip"].name
        if name == "shapes-clip" or name.startswith("local:"):
            raise CommandError(f"{name} lies on this machine; there is nothing to fetch.")
        model, tag = (name, "") if name.startswith("hf-hub:") else _split(name)
        self.stdout.write(f"Fetching {name} …")
        fetched = (
            subprocess.run(  # a new process: the hub's client decides at its import whether it is offline
                [sys.executable, "-m", "scoring.metrics.fetch", model, tag],
                env={**os.environ, "HF_HUB_OFFLINE": "0"},
                cwd=settings.BASE_DIR,
                stdout=subprocess.PIPE,
                text=True,
                check=False,
            )
        )
        if fetched.returncode:
            raise CommandError(f"{name} was not fetched; the lines above say why. Nothing has changed.")
        found = open_clip_model(model, tag, pinned_sha256=settings.OPENCLIP_SHA256).locate()
        if isinstance(found, Unavailable):
            raise CommandError(f"Fetched, but not usable: {found.reason}")
        self.stdout.write(f"{found.path}\nSHA-256 {found.sha256}")
        if name != conf.extractors()["open-clip"].name:
            self.stdout.write(f"To score with it, set OPENCLIP_MODEL={model} OPENCLIP_PRETRAINED={tag}")
            return
        synced = metrics.sync()
        sweeps.sweep()
        self.stdout.write(self.style.SUCCESS(f"{synced.released} waiting scores go on."))


def _split(name: str) -> tuple[str, str]:
    model, _, tag = name.partition(":")
    return model, tag or default_tag(model)

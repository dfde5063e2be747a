from typing import Any

from django.core.management.base import BaseCommand

from arena.demo import seed


class Command(BaseCommand):
    help = "Makes the demo studies with simulated votes, once."

    def handle(self, *args: Any, **options: Any) -> None:
        links = seed.ensure_demo(say=self.stdout.write)
        self.stdout.write(f"Vote at {links.vote}; log in as {links.username} with {links.password}.")

"""Studies for the tests of designers' pages and API: real rows, and real files where needed."""

from django.contrib.auth import get_user_model

from annotations.models import Generator, Image, Prompt, Study
from tests.factories import StudyFactory

CATEGORIES = ("portrait", "scene")


def designer(name: str = "dora"):
    return get_user_model().objects.create_user(name, password="x", is_staff=True)


def add_images(study: Study, *, generators: int = 3, prompts: int = 4, missing=(), seeds=("",)) -> None:
    """Rows of a table of pictures; `missing` lists (generator, prompt) that have none."""
    made = [Generator.objects.get_or_create(name=f"model-{number}")[0] for number in range(generators)]
    for row in range(prompts):
        prompt = Prompt.objects.create(
            study=study, key=f"p{row}", text=f"A drawing of {row} cats", category=CATEGORIES[row % 2]
        )
        Image.objects.bulk_create(
            Image(
                study=study, prompt=prompt, generator=generator, seed=seed, sha256=f"{row:032}{number:032}",
                path="", format="PNG", width=64, height=64, bytes=100,
            )
            for number, generator in enumerate(made)
            for seed in seeds
            if (number, row) not in missing
        )  # fmt: skip


def draft(owner=None, name: str = "Cats", **table) -> Study:
    study = StudyFactory(name=name, owner=owner)
    add_images(study, **table)
    return study

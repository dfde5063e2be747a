"""Model factories, and helpers that take a study through launch by the real actions."""

import hashlib
import io
import secrets

import factory
from django.contrib.auth import get_user_model
from PIL import Image as Pillow

from annotations.actions import assignments, preparation, raters, storage, studies
from annotations.models import Block, Generator, Image, Panel, Prompt, Rater, RaterState, Study
from annotations.selectors import secret_hash

CATEGORIES = ("animals", "objects", "scenes")


class UserFactory(factory.django.DjangoModelFactory):
    """A designer: staff, password "correct horse"."""

    class Meta:
        model = get_user_model()
        skip_postgeneration_save = True

    username = factory.Sequence(lambda n: f"designer{n}")
    password = factory.django.Password("correct horse")
    is_staff = True


class StudyFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = Study

    name = factory.Sequence(lambda n: f"Study {n}")
    box_px = 128
    seed = 1

    @classmethod
    def _create(cls, model_class, *args, **kwargs):
        """With one block, as every study; its settings may stand beside the study's own."""
        of_block = {name: kwargs.pop(name) for name in studies.BLOCK_SETTINGS & set(kwargs)}
        study = super()._create(model_class, *args, **kwargs)
        Block.objects.create(study=study, **of_block)
        return study


class PanelFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = Panel

    study = factory.SubFactory(StudyFactory)
    name = factory.Sequence(lambda n: f"Panel {n}")
    overlap = 1


class PromptFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = Prompt

    study = factory.SubFactory(StudyFactory)
    key = factory.Sequence(lambda n: f"p{n}")
    text = factory.Sequence(lambda n: f"a red cube number {n}")
    category = factory.Iterator(CATEGORIES)


class GeneratorFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = Generator
        django_get_or_create = ("name",)

    name = factory.Sequence(lambda n: f"generator-{n}")


def png(colour: tuple[int, int, int], size: tuple[int, int] = (48, 32)) -> bytes:
    out = io.BytesIO()
    Pillow.new("RGB", size, colour).save(out, "PNG")
    return out.getvalue()


class ImageFactory(factory.django.DjangoModelFactory):
    """A real PNG file under MEDIA_ROOT, one colour per image."""

    class Meta:
        model = Image

    data = factory.LazyFunction(lambda: png(tuple(secrets.token_bytes(3))))  # the file, not a column
    prompt = factory.SubFactory(PromptFactory)
    study = factory.SelfAttribute("prompt.study")
    generator = factory.SubFactory(GeneratorFactory)
    sha256 = factory.LazyAttribute(lambda image: hashlib.sha256(image.data).hexdigest())
    path = factory.LazyAttribute(lambda image: storage.original_path(image.sha256))
    format = "PNG"
    width = 48
    height = 32
    bytes = factory.LazyAttribute(lambda image: len(image.data))

    @classmethod
    def _create(cls, model_class, *args, **kwargs):
        data = kwargs.pop("data")
        image = super()._create(model_class, *args, **kwargs)
        storage.write_atomic(image.path, data)
        return image


class RaterFactory(factory.django.DjangoModelFactory):
    """A row as it is after entering. `rater_in(panel)` goes through the actions instead."""

    class Meta:
        model = Rater

    panel = factory.SubFactory(PanelFactory)
    study = factory.SelfAttribute("panel.study")
    state = RaterState.JOINED
    secret_hash = factory.LazyFunction(lambda: secret_hash(secrets.token_urlsafe(8)))


def draft_study(*, prompts: int = 4, generators: int = 3, overlap: int = 2, **settings) -> Study:
    """A draft with one image per generator and prompt, files included."""
    study = studies.create(
        name=settings.pop("name", "Cubes"), overlap=overlap, **{"box_px": 128, "seed": 1, **settings}
    )
    made = [GeneratorFactory(name=f"generator-{letter}") for letter in "abcdefghijkl"[:generators]]
    for number in range(prompts):
        prompt = PromptFactory(
            study=study,
            key=f"p{number}",
            text=f"{number} red cubes",
            category=CATEGORIES[number % len(CATEGORIES)],
        )
        for place, generator in enumerate(made):
            colour = (20 * number % 256, 60 * place % 256, 128)
            ImageFactory(prompt=prompt, generator=generator, data=png(colour))
    return study


def launched_study(*, prompts: int = 4, generators: int = 3, overlap: int = 2, **settings) -> Study:
    """A running study whose pictures are rendered."""
    study = draft_study(prompts=prompts, generators=generators, overlap=overlap, **settings)
    studies.launch(study=study, actor=None)
    preparation.prepare(study=study)
    study.refresh_from_db()
    return study


def draft_of_rows(*, prompts: int = 4, generators: int = 3, overlap: int = 2, **settings) -> Study:
    """A draft whose images have no files, for tests and benchmarks that look at no picture: much faster."""
    given = {"name": "Cubes", "box_px": 128, "seed": 1, **settings}
    study = studies.create(overlap=overlap, **given)
    made = [GeneratorFactory(name=f"generator-{number}") for number in range(generators)]
    texts = [
        Prompt(study=study, key=f"p{n}", text=f"{n} red cubes", category=CATEGORIES[n % len(CATEGORIES)])
        for n in range(prompts)
    ]
    file = {"sha256": "0" * 64, "path": "none", "format": "PNG", "width": 1, "height": 1, "bytes": 1}
    Image.objects.bulk_create(
        Image(study=study, prompt=prompt, generator=generator, **file)
        for prompt in Prompt.objects.bulk_create(texts)
        for generator in made
    )
    return study


def planned_study(*, prompts: int = 4, generators: int = 3, overlap: int = 2, **settings) -> Study:
    """A running study of rows alone."""
    return open_rows(draft_of_rows(prompts=prompts, generators=generators, overlap=overlap, **settings))


def open_rows(study: Study) -> Study:
    """Launch a draft of rows and open it as if its pictures had been rendered."""
    studies.launch(study=study, actor=None)
    preparation.plan(study=study)  # where launch has left it to a worker
    study.renditions.update(path="none")
    return studies.finish_preparation(study=study)


def rater_in(target: Study | Panel, *, simulated: bool = False) -> Rater:
    """A rater who has consented and read the instructions."""
    panel = target.panels.first() if isinstance(target, Study) else target
    rater, _ = raters.enter(panel=panel, simulated=simulated)
    raters.consent(rater=rater, version=panel.study.consents.first().version)
    raters.read_instructions(rater=rater)
    return rater


def vote_all(rater: Rater, answer=None, *, most: int = 1000) -> int:
    """Answer until nothing is left. `answer(assignment)` says what; left or 3 everywhere by default."""
    from annotations.actions import votes

    keys = [criterion["key"] for criterion in rater.study.design["blocks"][0]["criteria"]]
    plain = dict.fromkeys(keys, 3 if rater.study.block.protocol == "likert" else "left")
    given = 0
    while given < most and (served := assignments.next_for(rater=rater, count=1)):
        said = answer(served[0]) if answer else plain
        votes.record(rater=rater, nonce=served[0].nonce, answer=said, evidence={"answer_ms": 1500})
        given += 1
    rater.refresh_from_db()
    return given

import hashlib
import io

import numpy as np
import pytest
from PIL import Image as Pillow

from annotations.actions import storage
from annotations.models import Generator, Image, Prompt, Study
from scoring import conf


def png(seed=0, size=(96, 96)):
    """A picture with coarse content of its own, so that perceptual hashes of different seeds lie far
    apart."""
    rng = np.random.default_rng(seed)
    coarse = Pillow.fromarray(rng.integers(0, 256, (6, 6, 3), dtype=np.uint8))
    out = io.BytesIO()
    coarse.resize(size, Pillow.Resampling.BICUBIC).save(out, "PNG")
    return out.getvalue()


@pytest.fixture(autouse=True)
def own_storage(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path / "media"
    settings.FEATURE_CACHE = tmp_path / "features"
    settings.FILE_UPLOAD_TEMP_DIR = tmp_path


@pytest.fixture
def study(db):
    return Study.objects.create(name="Cups")


@pytest.fixture
def make_image(study):
    """Store a picture and its row, as an import does, without sending the signal."""

    def make(data=None, *, generator="crisp", prompt="a cup", of=None, seed=None, write=True):
        owner = of or study
        count = Image.objects.filter(study=owner).count()
        data = png(count) if data is None else data
        sha256 = hashlib.sha256(data).hexdigest()
        path = storage.original_path(sha256)
        if write:
            storage.write_atomic(path, data)
        return Image.objects.create(
            study=owner,
            prompt=Prompt.objects.get_or_create(study=owner, key=prompt, defaults={"text": prompt})[0],
            generator=Generator.objects.get_or_create(name=generator)[0],
            seed=str(count) if seed is None else seed,
            sha256=sha256,
            path=path,
            format="PNG",
            width=96,
            height=96,
            bytes=len(data),
        )

    return make


@pytest.fixture(scope="session")
def tiny_model(tmp_path_factory):
    """A folder as `local-dir:` takes it, with a tiny CLIP of seeded random weights: for mechanics, never
    for scores."""
    from tests.scoring.tiny import make_tiny_model

    return make_tiny_model(tmp_path_factory.mktemp("models") / "tiny-clip")


@pytest.fixture
def open_clip_is(settings):
    """Point the installation at another public model. Loaded models stay: their names carry their
    checksum."""

    def configure(model, pretrained=""):
        settings.OPENCLIP_MODEL, settings.OPENCLIP_PRETRAINED = model, pretrained
        conf.extractors.cache_clear()

    conf.extractors.cache_clear()
    yield configure
    conf.extractors.cache_clear()

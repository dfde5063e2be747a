import numpy as np
import pytest
from PIL import Image

from scoring.metrics.shapes.draw import draw
from scoring.metrics.shapes.flaws import FLAWS, add_noise, blur, damage, fade, pixelate
from scoring.metrics.shapes.scene import Group, Scene

SCENE = Scene((Group("star", "red", 3),), seed=2)


def pixels(image: Image.Image) -> np.ndarray:
    return np.asarray(image, float)


def edges(image: Image.Image) -> float:
    return float(np.abs(np.diff(pixels(image), axis=0)).max())


def test_blur_softens_every_edge_and_keeps_the_mean():
    picture = draw(SCENE, 256)
    assert edges(blur(picture)) < 0.3 * edges(picture)
    assert abs(pixels(blur(picture)).mean() - pixels(picture).mean()) < 1


def test_noise_has_the_deviation_asked_for_and_survives_shrinking():
    grey = Image.new("RGB", (480, 480), (128, 128, 128))
    noisy = add_noise(grey, np.random.default_rng(0), 0.1)
    assert pixels(noisy).std() == pytest.approx(25.5, rel=0.05)
    assert pixels(noisy.resize((96, 96), Image.Resampling.BOX)).std() == pytest.approx(25.5, rel=0.05)


def test_pixelation_leaves_as_many_colours_as_blocks_at_most():
    picture = pixelate(draw(SCENE, 256), 0.1)
    assert len(np.unique(pixels(picture).reshape(-1, 3), axis=0)) <= 100


def test_fading_draws_the_tonal_range_together():
    picture = draw(SCENE, 128)
    assert np.ptp(pixels(fade(picture, 0.75))) == pytest.approx(0.25 * np.ptp(pixels(picture)), abs=2)


@pytest.mark.parametrize("flaw", FLAWS)
def test_damage_changes_the_picture_keeps_its_size_and_repeats_with_its_seed(flaw):
    picture = draw(SCENE, 128)
    one, other = (damage(picture, flaw, np.random.default_rng(3)) for _ in range(2))
    assert one.size == picture.size
    assert one.tobytes() == other.tobytes() != picture.tobytes()

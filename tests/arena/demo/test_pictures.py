import csv
from collections import Counter
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from arena.demo import pictures
from scoring.metrics.shapes.scene import CATEGORIES


@pytest.fixture(scope="module")
def manifest(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return pictures.write_manifest(tmp_path_factory.mktemp("demo"), seed=3, per_category=1)


def rows(manifest: Path) -> list[dict[str, str]]:
    with manifest.open(newline="") as handle:
        return list(csv.DictReader(handle))


def test_every_generator_paints_every_prompt(manifest: Path) -> None:
    cells = Counter((row["prompt_id"], row["generator"]) for row in rows(manifest))
    assert len(cells) == len(CATEGORIES) * len(pictures.PAINTERS)
    assert set(cells.values()) == {1}
    for row in rows(manifest):
        with Image.open(manifest.parent / row["image"]) as picture:
            assert picture.size == (pictures.PICTURE_PX, pictures.PICTURE_PX)


def test_a_full_demo_has_at_least_sixty_prompts_over_six_categories() -> None:
    chosen = pictures.scenes(seed=1)
    assert len(chosen) >= 60
    assert Counter(category for category, _ in chosen) == dict.fromkeys(
        CATEGORIES, pictures.PROMPTS_PER_CATEGORY
    )


def test_a_picture_without_a_flaw_equals_the_crisp_one(manifest: Path) -> None:
    by_prompt: dict[str, dict[str, dict[str, str]]] = {}
    for row in rows(manifest):
        by_prompt.setdefault(row["prompt_id"], {})[row["generator"]] = row
    compared = 0
    for group in by_prompt.values():
        crisp = np.asarray(Image.open(manifest.parent / group["crisp"]["image"]))
        for generator in ("miscounting", "colour-blind", "noisy"):
            other = np.asarray(Image.open(manifest.parent / group[generator]["image"]))
            assert np.array_equal(crisp, other) == (group[generator]["flaw"] == "")
            compared += 1
    assert compared == 3 * len(CATEGORIES)


def test_the_same_seed_draws_the_same_pictures(manifest: Path, tmp_path: Path) -> None:
    again = pictures.write_manifest(tmp_path, seed=3, per_category=1)
    assert again.read_bytes() == manifest.read_bytes()
    for row in rows(manifest):
        assert (tmp_path / row["image"]).read_bytes() == (manifest.parent / row["image"]).read_bytes()

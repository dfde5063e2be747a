import csv
from collections import Counter
from pathlib import Path

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


def test_flaws_are_noted_where_they_are(manifest: Path) -> None:
    flaws: dict[str, set[str]] = {}
    for row in rows(manifest):
        flaws.setdefault(row["generator"], set()).add(row["flaw"])
    assert flaws["crisp"] == {""}
    assert flaws["noisy"] == {"noise"}
    assert "wrong count" in flaws["miscounting"]
    assert "wrong colour" in flaws["colour-blind"]


def test_no_two_pictures_are_copies(manifest: Path) -> None:
    pictures_seen = {(manifest.parent / row["image"]).read_bytes() for row in rows(manifest)}
    assert len(pictures_seen) == len(rows(manifest))


def test_the_same_seed_draws_the_same_pictures(manifest: Path, tmp_path: Path) -> None:
    again = pictures.write_manifest(tmp_path, seed=3, per_category=1)
    assert again.read_bytes() == manifest.read_bytes()
    for row in rows(manifest):
        assert (tmp_path / row["image"]).read_bytes() == (manifest.parent / row["image"]).read_bytes()

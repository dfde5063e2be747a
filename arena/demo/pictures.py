"""Procedural pictures by four generators whose flaws are known, so that the true order is known too."""

import csv
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
from PIL import Image

from scoring.metrics.shapes.caption import caption
from scoring.metrics.shapes.draw import draw
from scoring.metrics.shapes.flaws import add_noise
from scoring.metrics.shapes.scene import CATEGORIES, Category, Scene, sample_scene
from scoring.metrics.shapes.siblings import as_colour_blind, with_wrong_count

PROMPTS_PER_CATEGORY = 11
PICTURE_PX = 512
MISCOUNTS = 0.8  # share of pictures in which the miscounting generator does miscount
# Best first: what the demo's simulated raters prefer on average, and what the ranking should find.
TRUE_ORDER = ("crisp", "noisy", "miscounting", "colour-blind")

Painted = tuple[Image.Image, str]


def crisp(scene: Scene, rng: np.random.Generator) -> Painted:
    return draw(scene, PICTURE_PX), ""


def noisy(scene: Scene, rng: np.random.Generator) -> Painted:
    return add_noise(draw(scene, PICTURE_PX), rng, 0.14), "noise"


def miscounting(scene: Scene, rng: np.random.Generator) -> Painted:
    if rng.random() > MISCOUNTS:
        return draw(scene, PICTURE_PX), ""
    return draw(with_wrong_count(scene, rng), PICTURE_PX), "wrong count"


def colour_blind(scene: Scene, rng: np.random.Generator) -> Painted:
    seen = as_colour_blind(scene)
    return draw(seen, PICTURE_PX), "" if seen == scene else "wrong colour"


PAINTERS: dict[str, Callable[[Scene, np.random.Generator], Painted]] = {
    "crisp": crisp,
    "noisy": noisy,
    "miscounting": miscounting,
    "colour-blind": colour_blind,
}


def scenes(seed: int, per_category: int = PROMPTS_PER_CATEGORY) -> list[tuple[Category, Scene]]:
    """Distinct scenes, the same number in every category."""
    rng = np.random.default_rng(seed)
    chosen: list[tuple[Category, Scene]] = []
    seen: set[str] = set()
    for category in CATEGORIES:
        found = 0
        while found < per_category:
            scene = sample_scene(rng, category)
            if (text := caption(scene)) not in seen:
                seen.add(text)
                chosen.append((category, scene))
                found += 1
    return chosen


def write_manifest(
    folder: Path,
    seed: int,
    per_category: int = PROMPTS_PER_CATEGORY,
    progress: Callable[[int, int], None] | None = None,
) -> Path:
    """Draws every generator's picture for every scene into `folder` and returns the manifest's path."""
    rng = np.random.default_rng(seed)
    chosen = scenes(seed, per_category)
    rows = []
    for number, (category, scene) in enumerate(chosen, start=1):
        for generator, paint in PAINTERS.items():
            # Each generator arranges the scene in its own way, so no two pictures are copies.
            picture, flaw = paint(replace(scene, seed=int(rng.integers(2**31))), rng)
            name = f"{generator}-{number:03}.png"
            picture.save(folder / name, compress_level=1)
            rows.append(
                {
                    "prompt_id": f"{category}-{number:03}",
                    "prompt": caption(scene),
                    "category": category,
                    "generator": generator,
                    "image": name,
                    "seed": scene.seed,
                    "niche": "shapes",
                    "flaw": flaw,
                }
            )
        if progress:
            progress(number, len(chosen))
    manifest = folder / "manifest.csv"
    with manifest.open("w", newline="", encoding="utf-8") as handle:
        writer = csv.DictWriter(handle, rows[0].keys())
        writer.writeheader()
        writer.writerows(rows)
    return manifest


def write_reference_set(folder: Path, seed: int, count: int) -> None:
    """Faithful pictures of other scenes: what the demo's Fréchet distances are measured against."""
    rng = np.random.default_rng(seed)
    for number in range(count):
        picture, _ = crisp(sample_scene(rng, CATEGORIES[number % len(CATEGORIES)]), rng)
        picture.resize((256, 256)).save(folder / f"{number:03}.png", compress_level=1)

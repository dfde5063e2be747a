"""Measure shapes-clip on scenes it has never seen, and write its model card.

    python -m scoring.metrics.shapes.evaluate --folder DIR

Pictures are drawn at 512 px and go through the model's own preparation, as pictures of a study do.
"""

import argparse
import json
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from PIL import Image

from scoring.metrics.shapes.caption import caption
from scoring.metrics.shapes.card import CARD_FILE, write_card
from scoring.metrics.shapes.draw import draw
from scoring.metrics.shapes.figures import EVALUATION_FILE, POOL, Evaluation, Scale, Share, as_json
from scoring.metrics.shapes.flaws import FLAWS, HEAVY, Flaw, damage
from scoring.metrics.shapes.model import WEIGHTS_FOLDER, ShapesClip, load
from scoring.metrics.shapes.scene import Scene, sample_scene
from scoring.metrics.shapes.siblings import MISTAKES, Mistake, applicable_mistakes, with_mistake

Features = npt.NDArray[np.float32]
# Training seeds its streams with even numbers, held-out scenes come from odd ones.
HELD_OUT_STREAM = 1
_SLICE = 256


def evaluate(clip: ShapesClip, *, seed: int, n: int, pools: int = 5, size: int = 512) -> Evaluation:
    """Ask everything `n` times; `pools` pools of 400 pairs for the recall."""
    rng = np.random.default_rng((seed * 2 + HELD_OUT_STREAM, size))
    recall, match, mismatch = _recall(clip, rng, pools, size)
    by_caption: dict[str, Share] = {}
    by_picture: dict[str, Share] = {}
    for mistake in MISTAKES:
        by_caption[mistake], by_picture[mistake] = _mistake_choices(clip, rng, mistake, n, size)
    for flaw in FLAWS:
        by_picture[flaw] = _flaw_choices(clip, rng, flaw, n, size)
    return Evaluation(seed, size, recall, by_caption, by_picture, match, mismatch)


def encode_pictures(clip: ShapesClip, pictures: list[Image.Image]) -> Features:
    """Unit-length features of the pictures."""
    return _encode(clip.model.encode_image, torch.stack([clip.prepare(picture) for picture in pictures]))


def encode_captions(clip: ShapesClip, captions: list[str]) -> Features:
    """Unit-length features of the captions."""
    return _encode(clip.model.encode_text, clip.tokenize(captions))


def _encode(encoder: Any, inputs: torch.Tensor) -> Features:
    # no_grad, not inference_mode: the latter is several times slower on CPU when autocast is on around it.
    with torch.no_grad():
        parts = [encoder(part, normalize=True).float().numpy() for part in inputs.split(_SLICE)]
    features: Features = np.concatenate(parts)
    return features


def _recall(
    clip: ShapesClip, rng: np.random.Generator, pools: int, size: int
) -> tuple[dict[str, Share], Scale, Scale]:
    right = {"picture to caption": 0, "caption to picture": 0}
    matches, mismatches = [], []
    for _ in range(pools):
        scenes = _distinct_scenes(rng, POOL)
        seen = encode_pictures(clip, [draw(scene, size) for scene in scenes])
        said = encode_captions(clip, [caption(scene, rng) for scene in scenes])
        cosines = seen @ said.T
        own = np.arange(POOL)
        right["picture to caption"] += int((cosines.argmax(axis=1) == own).sum())
        right["caption to picture"] += int((cosines.argmax(axis=0) == own).sum())
        matches.append(np.diag(cosines))
        mismatches.append(cosines[~np.eye(POOL, dtype=bool)])
    shares = {name: Share(hits, pools * POOL) for name, hits in right.items()}
    return shares, _scale(np.concatenate(matches)), _scale(np.concatenate(mismatches))


def _mistake_choices(
    clip: ShapesClip, rng: np.random.Generator, mistake: Mistake, n: int, size: int
) -> tuple[Share, Share]:
    scenes = _scenes_open_to(rng, mistake, n)
    wrong = [with_mistake(scene, mistake, rng) for scene in scenes]
    said = encode_captions(clip, [caption(scene, rng) for scene in scenes])
    said_wrong = encode_captions(clip, [caption(scene, rng) for scene in wrong])
    seen = encode_pictures(clip, [draw(scene, size) for scene in scenes])
    seen_wrong = encode_pictures(clip, [draw(scene, size) for scene in wrong])
    return _wins(seen, said, said_wrong), _wins(said, seen, seen_wrong)


def _flaw_choices(clip: ShapesClip, rng: np.random.Generator, flaw: Flaw, n: int, size: int) -> Share:
    scenes = [sample_scene(rng) for _ in range(n)]
    said = encode_captions(clip, [caption(scene, rng) for scene in scenes])
    faithful = [draw(scene, size) for scene in scenes]
    damaged = [damage(picture, flaw, rng, HEAVY[flaw]) for picture in faithful]
    return _wins(said, encode_pictures(clip, faithful), encode_pictures(clip, damaged))


def _wins(asked: Features, true: Features, wrong: Features) -> Share:
    right = (asked * true).sum(axis=1) > (asked * wrong).sum(axis=1)
    return Share(int(right.sum()), len(right))


def _scale(cosines: Features) -> Scale:
    low, high = np.percentile(100 * cosines, (5, 95))
    return Scale(100 * float(cosines.mean(dtype=np.float64)), float(low), float(high), cosines.size)


def _distinct_scenes(rng: np.random.Generator, n: int) -> list[Scene]:
    scenes: dict[object, Scene] = {}
    while len(scenes) < n:
        scene = sample_scene(rng)
        scenes.setdefault(scene.content, scene)
    return list(scenes.values())


def _scenes_open_to(rng: np.random.Generator, mistake: Mistake, n: int) -> list[Scene]:
    scenes: list[Scene] = []
    while len(scenes) < n:
        scene = sample_scene(rng)
        if mistake in applicable_mistakes(scene):
            scenes.append(scene)
    return scenes


def main() -> None:
    """Read the arguments, measure, write the figures and the card."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--folder", type=Path, default=WEIGHTS_FOLDER)
    parser.add_argument("--seed", type=int, default=2)
    parser.add_argument("--n", type=int, default=1000, help="questions of each kind (default 1000)")
    given = parser.parse_args()
    torch.set_num_threads(2)
    figures = evaluate(load(given.folder), seed=given.seed, n=given.n)
    target = given.folder / EVALUATION_FILE
    target.write_text(json.dumps(as_json(figures), indent=2) + "\n", encoding="utf-8")
    write_card(given.folder)
    print((given.folder / CARD_FILE).read_text(encoding="utf-8"))


if __name__ == "__main__":
    main()

"""Speed of the metrics: pictures per second through CLIP models, seconds for a Fréchet distance.

ViT-B-32 runs with random weights: speed does not depend on their values, and nothing here is a score.
"""

import time
from collections.abc import Callable
from typing import Any

import numpy as np
from PIL import Image
from scipy import linalg
from threadpoolctl import threadpool_limits

from scoring.metrics import openclip
from scoring.metrics.extractors import shapes_clip
from scoring.metrics.frechet import frechet_distance
from scoring.metrics.gaussian import GaussianSums
from scoring.metrics.weights import Unavailable

BATCH = 16


def run() -> list[dict[str, Any]]:
    return [*_shapes_clip(), *_vit_b_32(), *_frechet()]


def _row(name: str, value: float, unit: str, target: str = "") -> dict[str, Any]:
    return {"name": name, "value": value, "unit": unit, "target": target}


def _pictures(count: int, side: int) -> list[Image.Image]:
    rng = np.random.default_rng(0)
    return [Image.fromarray(rng.integers(0, 256, (side, side, 3), dtype=np.uint8)) for _ in range(count)]


def _per_second(work: Callable[[], object], count: int, seconds: float = 3.0) -> float:
    work()
    rounds, start = 0, time.perf_counter()
    while (spent := time.perf_counter() - start) < seconds:
        work()
        rounds += 1
    return rounds * count / spent


def _shapes_clip() -> list[dict[str, Any]]:
    spec = shapes_clip()
    weights = spec.locate()
    if isinstance(weights, Unavailable):
        raise RuntimeError(weights.reason)
    network = spec.load(weights, "fp32", "cpu")
    pictures = _pictures(BATCH, 512)
    speed = _per_second(lambda: network.images(pictures), BATCH)
    return [_row("shapes-clip, 512 px pictures with preprocessing", speed, "images/s")]


def _vit_b_32() -> list[dict[str, Any]]:
    open_clip = openclip.import_open_clip()
    model, _, preprocess = open_clip.create_model_and_transforms("ViT-B-32", pretrained=None)
    model.eval()
    rows = []
    pictures = _pictures(BATCH, 512)
    for precision in ("fp32", "bf16"):
        if precision == "bf16":
            if not openclip.has_bf16("cpu"):
                break
            model.bfloat16()
        network = openclip.OpenClipExtractor(
            model, preprocess, None, key="speed only", precision=precision, device="cpu"
        )
        speed = _per_second(lambda network=network: network.images(pictures), BATCH)
        rows.append(_row(f"ViT-B-32 {precision}, 512 px pictures with preprocessing", speed, "images/s"))
    return rows


def _frechet() -> list[dict[str, Any]]:
    """On one BLAS thread, as in a worker of a pool that fills the machine: more threads on a busy machine
    measure how they wait for each other."""
    with threadpool_limits(1, user_api="blas"):
        return _frechet_on_one_thread()


def _frechet_on_one_thread() -> list[dict[str, Any]]:
    rng = np.random.default_rng(1)
    mixing = rng.normal(size=(2048, 2048)) / 45
    a, b = (GaussianSums.of(rng.normal(shift, 1, size=(2500, 2048)) @ mixing) for shift in (0.0, 0.1))
    start = time.perf_counter()
    value = frechet_distance(a, b)
    own = time.perf_counter() - start
    start = time.perf_counter()
    root = np.real(linalg.sqrtm(a.covariance @ b.covariance))
    theirs = time.perf_counter() - start
    shift = a.mean - b.mean
    expected = shift @ shift + np.trace(a.covariance) + np.trace(b.covariance) - 2 * np.trace(root)
    return [
        _row("Fréchet distance, 2048-d", own, "s", "≤ 1"),
        _row("the same by scipy sqrtm", theirs, "s"),
        _row("faster than sqrtm by", theirs / own, "times"),
        _row("relative difference from sqrtm", abs(value / float(expected) - 1), ""),
    ]

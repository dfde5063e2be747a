"""The model card: written from the training record and the evaluation, never by hand."""

import json
from pathlib import Path
from typing import Any

from scoring.metrics.shapes.figures import EVALUATION_FILE, POOL
from scoring.metrics.shapes.flaws import HEAVY
from scoring.metrics.shapes.model import (
    CONFIG_FILE,
    NAME,
    RECORD_FILE,
    VERSION,
    VOCABULARY_FILE,
    WEIGHTS_FILE,
    weights_sha256,
)
from scoring.metrics.shapes.scene import BACKGROUNDS, COLOURS, MAX_COUNT, RELATIONS, SHAPES, SIZES

CARD_FILE = "MODEL_CARD.md"

_MISTAKE_WORDS = {
    "colour": "one group in a wrong colour",
    "shape": "one group in a wrong shape",
    "count": "one object more or less",
    "size": "small for large or large for small",
    "relation": "left for right or above for below",
    "background": "another background",
    "missing": "one object missing",
    "blurry": "heavily blurred (radius {:.0%} of the width)",
    "noisy": "heavy noise (deviation {:.0%} of the tonal range)",
    "pixelated": "coarse pixels ({:.0%} of the width)",
    "faded": "washed out by {:.0%}",
}


def write_card(folder: Path) -> None:
    """Write the card from the folder's own files."""
    figures = json.loads((folder / EVALUATION_FILE).read_text(encoding="utf-8"))
    record = json.loads((folder / RECORD_FILE).read_text(encoding="utf-8"))
    config = json.loads((folder / CONFIG_FILE).read_text(encoding="utf-8"))
    parts = [_head(), _figures(figures), _scale(figures), _training(record, config), _files(folder)]
    (folder / CARD_FILE).write_text("\n".join(parts), encoding="utf-8")


def _head() -> str:
    grounds = [ground for ground in BACKGROUNDS if ground != "plain"]
    return f"""# {NAME}, version {VERSION}

A small CLIP model that **knows coloured shapes only**. It is built in so that CLIP scores on the demo study
are real and the whole pipeline can be tested offline. It says nothing about photographs, paintings, faces,
text or any picture outside the world below, and its scores there mean nothing.

- shapes: {", ".join(SHAPES)}
- colours: {", ".join(COLOURS)}
- counts: 1 to {MAX_COUNT} of a kind, at most two kinds in a picture
- sizes: {", ".join(SIZES)} (medium goes unsaid)
- relations: {", ".join(RELATIONS)}
- backgrounds: plain (unsaid), {", ".join(grounds)}
- flaws it has words for: blur, noise, coarse pixels, faded colours

Licence: Apache-2.0. Trained from nothing on pictures drawn by this project, no outside data. The
vocabulary file is an excerpt of CLIP's merges (MIT, © 2021 OpenAI) with a few merges added.

This card is written by `python -m scoring.metrics.shapes.evaluate`; do not edit it by hand.
"""


def _figures(figures: dict[str, Any]) -> str:
    lines = [
        "## What it gets right",
        "",
        f"Held-out scenes (seed {figures['seed']}), drawn at {figures['size']} px, one of many wordings each;"
        " shares with Wilson 95 % intervals. Two-way choices: chance is 50 %. The pictures are new; what they"
        " show is not always: this world has few one-object scenes, and training met them in other layouts.",
        "",
        "| question | right | 95 % interval | n |",
        "|---|---:|---:|---:|",
    ]
    for name, share in figures["recall"].items():
        lines.append(_row(f"recall@1 among {POOL} new pairs, {name}", share))
    for name, share in figures["by_caption"].items():
        lines.append(_row(f"picture given, true caption against: {_words(name)}", share))
    for name, share in figures["by_picture"].items():
        lines.append(_row(f"caption given, faithful picture against: {_words(name)}", share))
    return "\n".join(lines) + "\n"


def _words(name: str) -> str:
    amounts: dict[str, float] = {flaw: amount for flaw, amount in HEAVY.items()}  # noqa: C416
    return _MISTAKE_WORDS[name].format(amounts.get(name))


def _row(question: str, share: dict[str, Any]) -> str:
    low, high = share["interval"]
    return f"| {question} | {share['share']:.1%} | {low:.1%} to {high:.1%} | {share['n']} |"


def _scale(figures: dict[str, Any]) -> str:
    rows = [
        f"| {name} | {scale['mean']:.1f} | {scale['low']:.1f} | {scale['high']:.1f} | {scale['n']} |"
        for name, scale in (
            ("own caption", figures["match"]),
            ("another picture's caption", figures["mismatch"]),
        )
    ]
    return "\n".join(
        [
            "## Score scale",
            "",
            "100 × cosine. Public CLIP models have other scales: never compare scores or share thresholds.",
            "",
            "| pair | mean | 5 % | 95 % | n |",
            "|---|---:|---:|---:|---:|",
            *rows,
            "",
        ]
    )


def _training(record: dict[str, Any], config: dict[str, Any]) -> str:
    vision, text = config["model_cfg"]["vision_cfg"], config["model_cfg"]["text_cfg"]
    pictures = record["step"] * record["batch"]
    return f"""## How it was made

- `python -m scoring.metrics.shapes.train --seed {record["seed"]} --steps {record["steps"]} --batch \
{record["batch"]} --learning-rate {record["learning_rate"]} --weight-decay {record["weight_decay"]} \
--threads {record["threads"]}`
- {record["step"]:,} steps, {pictures:,} pictures, each drawn once; {record["seconds"] / 60:.0f} minutes on \
{record["threads"]} threads of a shared CPU in bfloat16; last loss
  {record["loss"]:.3f}; torch {record["torch"]}
- picture encoder: ModifiedResNet, {vision["image_size"]} px, layers {vision["layers"]}, width \
{vision["width"]}, head width {vision["head_width"]}
- text encoder: width {text["width"]}, {text["heads"]} heads, {text["layers"]} layers, context \
{text["context_length"]}, {text["vocab_size"]} tokens; embedding {config["model_cfg"]["embed_dim"]}
- deterministic for a given seed, number of steps and threads, on the same machine and torch version; the
  tests check that on short runs, stopped and resumed ones among them, not on a training of full length
"""


def _files(folder: Path) -> str:
    size = (folder / WEIGHTS_FILE).stat().st_size
    return f"""## Files

- `{WEIGHTS_FILE}`: {size / 1e6:.2f} MB, half precision, SHA-256 `{weights_sha256(folder)}`
- `{CONFIG_FILE}`, `{VOCABULARY_FILE}`, `{RECORD_FILE}`, `{EVALUATION_FILE}`

Load with `scoring.metrics.shapes.model.load()`, or with open_clip: model `local-dir:DIR` with
`require_pretrained=True`, and `get_tokenizer("local-dir:DIR", bpe_path="DIR/{VOCABULARY_FILE}")`.
"""

"""What goes wrong in whose pictures: the failure reviews of a block under a filter."""

from dataclasses import dataclass
from typing import Any

import pandas as pd

from annotations.models import Image, Study, Vote
from arena.analytics.agreement import Agreement, nominal_alpha
from arena.analytics.proportions import wilson
from arena.analytics.result import Estimate, Undefined
from arena.results.cache import remembered
from arena.results.filters import Filters, block_of
from arena.results.frames import failure_frame
from arena.results.selection import Counts, select

ANY = "any"
MOST_EXAMPLES = 6
ENOUGH_IMAGES = 50


@dataclass(frozen=True)
class FailureRate:
    """Share of a generator's reviewed images that have the failure: at least half of an image's reviewers
    named it."""

    generator: str
    failure: str
    images: int
    with_failure: int
    rate: Estimate | Undefined


@dataclass(frozen=True)
class Mark:
    """A place that a reviewer pointed at, as shares of the square in which the picture was shown: scaled to
    touch its borders, in its middle."""

    label: str
    x: float
    y: float

    @property
    def place(self) -> str:
        return f"left:{100 * self.x:.2f}%;top:{100 * self.y:.2f}%"


@dataclass(frozen=True)
class Example:
    image: str  # public id
    generator: str
    prompt: str
    failures: tuple[str, ...]
    reviewers: int
    marks: tuple[Mark, ...]


@dataclass(frozen=True)
class Failures:
    labels: dict[str, str]  # failure key → label in the order of the taxonomy, "any" first
    generators: list[str]  # fewest failures first
    rates: list[FailureRate]
    by_category: list[tuple[str, FailureRate]]  # of any failure
    examples: dict[str, list[Example]]  # by failure key
    agreement: dict[str, Agreement]
    counts: Counts
    unjudged: int
    preliminary: str


def failures(study: Study, filters: Filters) -> Failures:
    return remembered("failures", study, filters, lambda: _failures(study, filters))


def _failures(study: Study, filters: Filters) -> Failures:
    block = block_of(study, filters)
    selection = select(study, filters)
    frame = failure_frame(study, selection)
    taxonomy = {entry["key"]: entry["label"] for entry in _taxonomy(study, filters.block, block.taxonomy)}
    labels = {ANY: "Any failure"} | taxonomy
    images = _by_image(frame, labels)
    rates = [rate for name, part in _grouped(images, "generator") for rate in _rates(name, part, labels)]
    order = {rate.generator: rate.with_failure / max(1, rate.images) for rate in rates if rate.failure == ANY}
    fewest = min((rate.images for rate in rates), default=0)
    return Failures(
        labels=labels,
        generators=sorted(order, key=lambda name: (order[name], name)),
        rates=rates,
        by_category=[
            (category, rate)
            for category, inside in _grouped(images, "category")
            for name, part in _grouped(inside, "generator")
            for rate in _rates(name, part, {ANY: labels[ANY]})
        ]
        if images["category"].nunique() > 1
        else [],
        examples=_examples(images, frame, taxonomy),
        agreement={key: _agreement(frame, key) for key in labels} if len(frame) else {},
        counts=selection.counts,
        unjudged=selection.counts.votes - len(frame),
        preliminary=_preliminary(fewest) if rates else "",
    )


def _taxonomy(study: Study, key: str, own: list[dict[str, str]]) -> list[dict[str, str]]:
    """As frozen at launch, where defaults stand in for an empty one."""
    frozen = (study.design or {}).get("blocks", [])
    return next((block.get("taxonomy") or own for block in frozen if block["key"] == key), own)


def _has(frame: pd.DataFrame, key: str) -> pd.Series:
    return frame["failures"].map(lambda named: bool(named) if key == ANY else key in named).astype(bool)


def _by_image(frame: pd.DataFrame, labels: dict[str, str]) -> pd.DataFrame:
    """One row per image: its generator, prompt, category, reviewers, and a flag per failure."""
    flags = frame.assign(**{key: _has(frame, key) for key in labels})
    grouped = flags.groupby("image", observed=True)
    out = grouped[["generator", "prompt", "category"]].first()
    for name in out.columns:
        out[name] = out[name].astype(str)
    out["reviewers"] = grouped.size()
    for key in labels:
        out[key] = grouped[key].mean() >= 0.5
    return out.reset_index()


def _grouped(frame: pd.DataFrame, column: str) -> list[tuple[str, pd.DataFrame]]:
    return [(str(name), part) for name, part in frame.groupby(column, sort=True)]


def _rates(generator: str, part: pd.DataFrame, labels: dict[str, str]) -> list[FailureRate]:
    return [
        FailureRate(
            generator=generator,
            failure=key,
            images=len(part),
            with_failure=int(part[key].sum()),
            rate=wilson(float(part[key].sum()), float(len(part))),
        )
        for key in labels
    ]


def _examples(
    images: pd.DataFrame, frame: pd.DataFrame, taxonomy: dict[str, str]
) -> dict[str, list[Example]]:
    """A few images per failure, one generator after the other."""
    chosen = {key: _chosen(images[images[key]]) for key in taxonomy}
    ids = {row.image for rows in chosen.values() for row in rows}
    public = dict(Image.objects.filter(id__in=ids).values_list("id", "public_id"))
    marks = _marks(frame[frame["image"].isin(ids)], taxonomy)
    found: dict[str, list[Example]] = {}
    for key, rows in chosen.items():
        for row in rows:
            named = tuple(other for other in taxonomy if getattr(row, other, False))
            example = Example(
                image=public.get(row.image, ""),
                generator=row.generator,
                prompt=row.prompt,
                failures=named,
                reviewers=row.reviewers,
                marks=tuple(marks.get(row.image, ())),
            )
            found.setdefault(key, []).append(example)
    return found


def _chosen(having: pd.DataFrame) -> list[Any]:
    turn = having.groupby("generator").cumcount()
    ordered = having.assign(turn=turn).sort_values(["turn", "generator"])
    return list(ordered.head(MOST_EXAMPLES).itertuples())


def _marks(reviews: pd.DataFrame, taxonomy: dict[str, str]) -> dict[int, list[Mark]]:
    """By image, of all its reviewers. Only the images shown are asked for: remarks are long."""
    image_of = dict(zip(reviews["vote"].tolist(), reviews["image"].tolist(), strict=True))
    found: dict[int, list[Mark]] = {}
    remarked = Vote.objects.filter(id__in=image_of, remarks__isnull=False).order_by("id")
    for vote, remarks in remarked.values_list("id", "remarks"):
        for mark in (remarks or {}).get("marks", ()):
            label = taxonomy.get(mark["failure"], mark["failure"])
            found.setdefault(image_of[vote], []).append(Mark(label, mark["x"], mark["y"]))
    return found


def _agreement(frame: pd.DataFrame, key: str) -> Agreement:
    named = _has(frame, key).map({True: "yes", False: "no"})
    return nominal_alpha(pd.DataFrame({"item": frame["image"], "rater": frame["rater"], "value": named}))


def _preliminary(fewest: int) -> str:
    if fewest >= ENOUGH_IMAGES:
        return ""
    return (
        f"Preliminary: rates count as settled enough to quote from {ENOUGH_IMAGES} reviewed images per "
        f"generator on. Here the generator with the fewest has {fewest}."
    )

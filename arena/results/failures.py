"""What goes wrong in whose pictures: the failure reviews of a block under a filter."""

from dataclasses import dataclass

import pandas as pd

from annotations.models import Image, Study
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
class Example:
    image: str  # public id
    generator: str
    prompt: str
    failures: tuple[str, ...]
    reviewers: int


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
        examples=_examples(images, taxonomy),
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


def _examples(images: pd.DataFrame, taxonomy: dict[str, str]) -> dict[str, list[Example]]:
    """A few images per failure, one generator after the other."""
    public = dict(Image.objects.filter(id__in=images["image"].tolist()).values_list("id", "public_id"))
    found: dict[str, list[Example]] = {}
    for key in taxonomy:
        having = images[images[key]]
        turn = having.groupby("generator").cumcount()
        for row in (
            having.assign(turn=turn).sort_values(["turn", "generator"]).head(MOST_EXAMPLES).itertuples()
        ):
            named = tuple(other for other in taxonomy if getattr(row, other, False))
            example = Example(public.get(row.image, ""), row.generator, row.prompt, named, row.reviewers)
            found.setdefault(key, []).append(example)
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

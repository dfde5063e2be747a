"""Do raters agree, by every measure in use, in parts, and between panels? For every protocol."""

import math
from dataclasses import dataclass, replace
from itertools import combinations

import numpy as np
import pandas as pd

from annotations.models import Protocol, Study
from arena.analytics.agreement_table import AgreementTable, agreement_measures, kappa_bootstrap, one_way_icc
from arena.analytics.icc import intraclass
from arena.analytics.krippendorff_alpha import Level, alpha
from arena.analytics.panel_agreement import PanelAgreement, panel_agreement
from arena.analytics.result import Estimate, Undefined
from arena.results.cache import remembered
from arena.results.filters import Filters, block_of
from arena.results.frames import pair_frame
from arena.results.judgements import Judgements, judgements
from arena.results.selection import Counts, select

PANELS_COMPARED = 4
# α where the points of a scale stand for numbers: evenly spaced ones, or such with a true zero below.
EVEN_LEVELS: tuple[Level, ...] = ("interval", "ratio")
PARTS = {"category": "Category", "panel": "Panel"}


@dataclass(frozen=True)
class Part:
    """Agreement on one question; `by` holds a table per category and per panel where there are several."""

    label: str
    level: Level
    table: AgreementTable
    by: dict[str, dict[str, AgreementTable]]


@dataclass(frozen=True)
class Panels:
    """Two panels by name; `prompts` gives the prompt of each comparison listed."""

    first: str
    second: str
    found: PanelAgreement
    prompts: dict[int, str]


@dataclass(frozen=True)
class AgreementFound:
    parts: list[Part]
    counts: Counts


def agreement(study: Study, filters: Filters) -> AgreementFound:
    everything = replace(filters, method="davidson")
    return remembered("agreement", study, everything, lambda: _agreement(study, everything))


def _agreement(study: Study, filters: Filters) -> AgreementFound:
    selection = select(study, filters)
    names = dict(study.panels.values_list("public_id", "name"))
    parts = []
    for asked in judgements(study, block_of(study, filters), selection, filters):
        frame = asked.frame
        frame["panel"] = frame["panel"].map(names).astype(str)
        by = {
            column: {
                str(name): measured(asked, part)
                for name, part in frame.groupby(column, observed=True, sort=True)
            }
            for column in PARTS
            if frame[column].nunique() > 1
        }
        parts.append(Part(asked.label, asked.level, measured(asked, frame), by))
    return AgreementFound(parts, selection.counts)


def measured(asked: Judgements, frame: pd.DataFrame) -> AgreementTable:
    """All measures of some of the answers; a rater's later answers to the same item are left out."""
    once = frame.drop_duplicates(["item", "rater"])
    if once.empty:
        nothing = Undefined("no_ratings", "There are no answers.")
        return AgreementTable({"percent": nothing}, 0, 0, 0)
    item, _ = pd.factorize(once["item"])
    value = once["value"].to_numpy(dtype=np.int64)
    V = len(asked.values)
    size = int(item.max()) + 1
    counts = np.bincount(item * V + value, minlength=size * V).reshape(size, V)
    table = agreement_measures(counts, level=asked.level, values=asked.values, mirror=asked.mirror)
    found = table.measures | {"cohen": _cohen(asked, once)}
    if asked.ratings:
        for level in EVEN_LEVELS:
            found[f"alpha_{level}"] = alpha(counts, level=level, values=asked.values)
        single, mean = one_way_icc(counts, asked.values)
        found |= {"icc_1_1": single, "icc_1_k": mean} | _complete(asked, once)
    return replace(table, measures={name: _finite(value) for name, value in found.items()})


def _finite(found: Estimate | Undefined) -> Estimate | Undefined:
    """An intraclass correlation can be −∞: that is a reason, not a number to print or to write to a file."""
    if isinstance(found, Undefined) or math.isfinite(found.value):
        return found
    return Undefined("not_finite", found.note or "These answers give no finite value.")


def _cohen(asked: Judgements, once: pd.DataFrame) -> Estimate | Undefined:
    raters = once["rater"].astype(str)
    names = sorted(raters.unique())
    if len(names) != 2:
        return Undefined(
            "raters", f"Cohen’s κ compares two raters; here are {len(names):,}. Fleiss’ κ takes any number."
        )
    by_item = once.assign(rater=raters).pivot(index="item", columns="rater", values="value").dropna()
    size = int(asked.ordered.max()) + 1
    first, second = (asked.ordered[by_item[name].to_numpy(dtype=np.int64)] for name in names)
    table = np.bincount(first * size + second, minlength=size**2).reshape(size, size)
    weights = "none" if asked.level == "nominal" else "quadratic"
    return kappa_bootstrap(table, weights=weights, mirrored=asked.mirror is not None)


def _complete(asked: Judgements, once: pd.DataFrame) -> dict[str, Estimate | Undefined]:
    """The two-way forms, where the same raters rated everything."""
    points = once.assign(rating=np.array(asked.values)[once["value"].to_numpy(dtype=np.int64)])
    items, raters = points["item"].nunique(), points["rater"].nunique()
    if len(points) < items * raters:
        return {}
    wide = points.assign(rater=points["rater"].astype(str)).pivot(
        index="item", columns="rater", values="rating"
    )
    found = intraclass(wide.to_numpy(dtype=np.float64))
    if isinstance(found, Undefined):
        return {"icc_2_1": found}
    return {
        f"icc_{form}_{size}": found.forms[f"ICC({form},{k})"]
        for form in (2, 3)
        for size, k in (("1", 1), ("k", raters))
    }


def panels(study: Study, filters: Filters) -> list[Panels]:
    """Every two panels that voted on pairs: people and judges are compared here, never pooled."""
    if block_of(study, filters).protocol != Protocol.PAIRWISE:
        return []
    everything = replace(filters, method="davidson", panel="")
    return remembered("panels", study, everything, lambda: _panels(study, everything))


def _panels(study: Study, filters: Filters) -> list[Panels]:
    frames, names = [], {}
    for public_id, name in study.panels.values_list("public_id", "name"):
        own = pair_frame(study, select(study, replace(filters, panel=public_id)), filters.criterion)
        if len(own) and len(names) < PANELS_COMPARED:
            frames.append(own.assign(panel=public_id))
            names[public_id] = name
    if len(names) < 2:
        return []
    votes = pd.concat(frames, ignore_index=True)
    prompt = votes.drop_duplicates("comparison").set_index("comparison")["prompt"].astype(str)
    found = []
    for first, second in combinations(names, 2):
        compared = panel_agreement(votes, first, second, most=50)
        listed = [int(key) for key in compared.comparisons["comparison"]] if compared.differing else []
        prompts = {key: str(prompt[key]) for key in listed}
        found.append(Panels(names[first], names[second], compared, prompts))
    return found

"""Mean opinion scores three ways: as given, without the raters BT.500 rejects, and by P.913's model.

Where the three agree, screening does not matter. Where they do not, it does, and which raters are behind it
stands in the table of raters.

References
----------
Those of `opinion_models`.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.stats import norm

from .cluster_mean import cluster_mean
from .errors import MissingColumnError
from .opinion_models import OpinionModel, Screening, bias_inconsistency, screen_bt500
from .result import Estimate, Undefined

# Of items that others rated too: with fewer nothing is known of a rater's inconsistency, and the bias takes
# up what the ratings say of the items.
LEAST_RATINGS = 5
TOO_FEW = Undefined(
    "few_shared",
    f"Bias and inconsistency need raters with {LEAST_RATINGS} ratings each, at the least, of items that "
    "others rated as well.",
)


@dataclass(frozen=True, eq=False)
class CleanedScores:
    """Scores of generators on one criterion.

    Attributes
    ----------
    generators : tuple of str
        Best first by the plain mean.
    plain, screened, modelled : dict of Estimate or Undefined, by generator
        Mean of all ratings, and of those by raters that BT.500 keeps, both with intervals clustered by rater;
        mean of the model's item scores, with the model's own interval.
    screening : Screening
    model : OpinionModel or Undefined
        Of raters with at least `LEAST_RATINGS` ratings of items that others in it rated too.
    unmodelled : tuple of str
        Raters who are not in the model.
    """

    generators: tuple[str, ...]
    plain: dict[str, Estimate | Undefined]
    screened: dict[str, Estimate | Undefined]
    modelled: dict[str, Estimate | Undefined]
    screening: Screening
    model: OpinionModel | Undefined
    unmodelled: tuple[str, ...]

    def to_frame(self) -> pd.DataFrame:
        """One row per generator: score, low and high of each of the three ways."""
        rows = []
        for name in self.generators:
            row: dict[str, object] = {"generator": name}
            for way in ("plain", "screened", "modelled"):
                found = getattr(self, way)[name]
                known = isinstance(found, Estimate)
                row[way] = found.value if known else np.nan
                row[f"{way}_low"] = found.low if known else np.nan
                row[f"{way}_high"] = found.high if known else np.nan
            rows.append(row)
        return pd.DataFrame(rows)

    def raters_frame(self) -> pd.DataFrame:
        """One row per rater: n, bias, inconsistency (points of the scale; NaN of whom the model leaves out),
        outside, lopsided, rejected."""
        frame = self.screening.to_frame()
        if isinstance(self.model, Undefined):
            return frame.assign(bias=np.nan, inconsistency=np.nan)
        return frame.merge(self.model.raters[["rater", "bias", "inconsistency"]], on="rater", how="left")


def cleaned_scores(df: pd.DataFrame, *, confidence: float = 0.95) -> CleanedScores:
    """Scores of generators with and without the two standard ways of cleaning ratings.

    Parameters
    ----------
    df : DataFrame
        Columns ``generator``, ``item`` (the rated picture), ``rater``, ``rating``; each item is of one
        generator. Rows without a rating are missing answers.

    Returns
    -------
    CleanedScores

    Raises
    ------
    MissingColumnError
    NoVotesError
        When there is no rating.
    """
    if "generator" not in df.columns:
        raise MissingColumnError("There is no column generator.", mend="Ratings need generator and item.")
    screening = screen_bt500(df)
    rated = df[df["rating"].notna()].astype({"generator": str, "rater": str, "item": str})
    shared = _shared(rated)
    model = _model(shared)
    kept = rated[~rated["rater"].isin(screening.rejected)]
    plain = _means(rated, confidence)
    order = sorted(plain, key=lambda name: (-getattr(plain[name], "value", -np.inf), name))
    none = Undefined("all_rejected", "Every rater of this generator is rejected.")
    screened = dict.fromkeys(order, none) | _means(kept, confidence)
    modelled: dict[str, Estimate | Undefined] = dict.fromkeys(order, TOO_FEW)
    return CleanedScores(
        generators=tuple(order),
        plain=plain,
        screened=screened,
        modelled=modelled | _modelled(rated, model, confidence),
        screening=screening,
        model=model,
        unmodelled=tuple(sorted(set(rated["rater"]) - set(shared["rater"]))),
    )


def _shared(rated: pd.DataFrame) -> pd.DataFrame:
    """Ratings by raters who gave enough of them to items that others who stay rated too."""
    while True:
        together = rated[rated.groupby("item")["rater"].transform("nunique") > 1]
        enough = together["rater"].value_counts() >= LEAST_RATINGS
        kept = rated[rated["rater"].isin(enough.index[enough])]
        if len(kept) == len(rated):
            return rated
        rated = kept


def _model(shared: pd.DataFrame) -> OpinionModel | Undefined:
    """The model, where ratings are left over once it has a score per item and a bias per rater."""
    spare = len(shared) - shared["rater"].nunique() - shared["item"].nunique() + 1
    return bias_inconsistency(shared) if spare >= LEAST_RATINGS else TOO_FEW


def _means(rated: pd.DataFrame, confidence: float) -> dict[str, Estimate | Undefined]:
    found: dict[str, Estimate | Undefined] = {}
    for name, part in rated.groupby("generator", sort=True):
        code, _ = pd.factorize(part["rater"])
        values = pd.to_numeric(part["rating"]).to_numpy(dtype=np.float64)
        found[str(name)] = cluster_mean(values, code.astype(np.int64), confidence=confidence)
    return found


def _modelled(
    rated: pd.DataFrame, model: OpinionModel | Undefined, confidence: float
) -> dict[str, Estimate | Undefined]:
    """Mean of the item scores; their errors are taken as independent, as the model has them."""
    if isinstance(model, Undefined):
        return {}
    owner = rated.drop_duplicates("item").set_index("item")["generator"]
    items = model.items.assign(generator=model.items["item"].map(owner))
    z = float(norm.ppf((1 + confidence) / 2))
    found: dict[str, Estimate | Undefined] = {}
    for name, part in items.groupby("generator", sort=True):
        value, half = float(part["score"].mean()), z * float(np.sqrt((part["se"] ** 2).sum())) / len(part)
        method = f"P.913 bias and inconsistency, mean of {len(part)} items, raters’ biases taken as known"
        n = float(part["n"].sum())
        found[str(name)] = Estimate(value, value - half, value + half, confidence, n, method)
    return found

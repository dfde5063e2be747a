"""Where a metric and people disagree most, comparison by comparison; and all measures of a metric by group.

A comparison's surprise is the drop in log-likelihood between what its voters said and a metric without
opinion: with w votes for the higher-scored picture, l against it, and p the calibrated chance that it wins,

    surprise = (w + l) log ½ − w log p − l log(1 − p),

so that many votes against a large difference of scores come first.

References
----------
Good (1952), JRSS B 14, 107-114 (log score).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.special import log_expit

from .encoding import encode_pair
from .errors import MissingColumnError, MissingValueError
from .human_metric import PairAccuracy, pair_accuracy
from .metric_curve import CalibrationCurve, calibration_curve, score_auc
from .metric_ties import TieCalibration, tie_calibrated_accuracy
from .metric_votes import metric_votes
from .result import Estimate, Undefined


@dataclass(frozen=True, eq=False)
class MetricReport:
    """One metric against people, on one set of votes."""

    accuracy: PairAccuracy
    with_ties: TieCalibration
    auc: Estimate | Undefined
    curve: CalibrationCurve | Undefined

    def to_frame(self) -> pd.DataFrame:
        rows = [
            {"measure": "pair accuracy"} | self.accuracy.accuracy.to_dict(),
            {"measure": "accuracy with ties"} | self.with_ties.accuracy.to_dict(),
            {"measure": "AUC"} | self.auc.to_dict(),
        ]
        return pd.DataFrame(rows)


def metric_report(
    df: pd.DataFrame,
    *,
    score_left: str = "score_left",
    score_right: str = "score_right",
    higher_is_better: bool = True,
    seed: int = 0,
    confidence: float = 0.95,
) -> MetricReport:
    """Pair accuracy, accuracy with ties, AUC and calibration curve of one metric.

    Parameters
    ----------
    df : DataFrame
        As `metric_votes` takes it.
    """
    names = {"score_left": score_left, "score_right": score_right, "higher_is_better": higher_is_better}
    votes = metric_votes(df, **names)  # type: ignore[arg-type]
    return MetricReport(
        accuracy=pair_accuracy(df, confidence=confidence, **names),  # type: ignore[arg-type]
        with_ties=tie_calibrated_accuracy(df, seed=seed, confidence=confidence, **names),  # type: ignore[arg-type]
        auc=score_auc(votes, confidence=confidence),
        curve=calibration_curve(votes, confidence=confidence),
    )


def metric_reports_by(df: pd.DataFrame, by: str, **options: object) -> dict[str, MetricReport]:
    """`metric_report` for every value of a column (category, criterion, panel), by name."""
    if by not in df.columns:
        raise MissingColumnError(f"There is no column {by}.", mend="Name a column of the votes.")
    groups = df.groupby(df[by].fillna("").astype(str), sort=True)
    return {str(name): metric_report(part, **options) for name, part in groups}  # type: ignore[arg-type]


def largest_disagreements(
    df: pd.DataFrame,
    *,
    comparison: str = "comparison",
    score_left: str = "score_left",
    score_right: str = "score_right",
    higher_is_better: bool = True,
    most: int = 50,
) -> pd.DataFrame:
    """The comparisons on which people contradict the metric most.

    Parameters
    ----------
    df : DataFrame
        Votes with scores as `metric_votes` takes them, ``left``, ``right`` (generators as shown) and the
        column ``comparison``.
    most : int
        How many at most; only comparisons whose voters lean against the metric are listed.

    Returns
    -------
    DataFrame
        Columns comparison, preferred (by people), other, votes, share (of decided votes for the preferred),
        gap (by how much the metric scores the other higher), expected (calibrated chance of the preferred),
        surprise (natural units), largest first; and prompt, category where the votes have them.
    """
    missing = [name for name in (comparison, "left", "right") if name not in df.columns]
    if missing:
        raise MissingColumnError(
            f"There is no column {', '.join(missing)}.", mend="Disagreements need comparison, left, right."
        )
    votes = metric_votes(
        df, score_left=score_left, score_right=score_right, higher_is_better=higher_is_better
    )
    extra = [name for name in ("prompt", "category") if name in df.columns]
    columns = ["comparison", "preferred", "other", "votes", "share", "gap", "expected", "surprise", *extra]
    curve = calibration_curve(votes)
    if isinstance(curve, Undefined):
        return pd.DataFrame(columns=columns)
    slope = curve.slope.value if isinstance(curve.slope, Estimate) else 1.0
    frame = votes.frame
    left, right, labels = encode_pair(frame["left"], frame["right"], None)
    sign = np.where(left > right, -1.0, 1.0)
    item, items = pd.factorize(frame[comparison])
    if (item < 0).any():
        raise MissingValueError(
            f"{int((item < 0).sum())} votes have no {comparison}.",
            mend="Fill it in, or leave these votes out.",
        )
    table = pd.DataFrame(
        {
            "comparison": item,
            "first": np.minimum(left, right),
            "second": np.maximum(left, right),
            "for_first": votes.side * sign > 0,
            "for_second": votes.side * sign < 0,
            "gap": votes.gap * sign,
        }
        | {"row": np.arange(len(frame))}
    )
    found = table.groupby(["comparison", "first", "second"], as_index=False, sort=True).agg(
        votes=("gap", "size"),
        w=("for_first", "sum"),
        lost=("for_second", "sum"),
        gap=("gap", "mean"),
        row=("row", "first"),
    )
    # Seen from the picture that people prefer.
    ahead = found["w"] >= found["lost"]
    gap = np.where(ahead, -found["gap"], found["gap"])
    most_votes, fewer = np.maximum(found["w"], found["lost"]), np.minimum(found["w"], found["lost"])
    z = slope * gap / curve.sd
    surprise = (most_votes + fewer) * np.log(0.5) - most_votes * log_expit(-z) - fewer * log_expit(z)
    out = found.assign(
        preferred=np.where(ahead, found["first"], found["second"]),
        other=np.where(ahead, found["second"], found["first"]),
        share=most_votes / np.maximum(most_votes + fewer, 1),
        gap=gap,
        expected=np.exp(log_expit(-z)),
        surprise=surprise,
    )
    against = np.asarray((gap > 0) & (most_votes > fewer), dtype=np.bool_)
    worst = out.loc[against].nlargest(most, "surprise", keep="first").reset_index(drop=True)
    names = np.array(labels, dtype=object)
    for side in ("preferred", "other"):
        worst[side] = names[worst[side].to_numpy()]
    worst["comparison"] = items.take(worst["comparison"].to_numpy())
    for name in extra:
        worst[name] = frame[name].to_numpy()[worst["row"].to_numpy()]
    return worst.reindex(columns=columns)

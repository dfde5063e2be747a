"""Who leaves early, and does it depend on the arm? Completion by arm, and when raters leave.

Two tests: of the completion shares (Pearson's χ², exact by drawing tables with the same margins where
expected counts are small), and of the number of votes until a rater leaves (log-rank; who finishes is
censored there). If raters of one arm leave more often, those who stay are no longer comparable between arms.

References
----------
Pearson (1900); Patefield (1981), Applied Statistics 30, 91-97 (tables of given margins); Mantel (1966),
Cancer Chemotherapy Reports 50, 163-170, and Peto & Peto (1972), JRSS A 135, 185-207 (log-rank).
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from scipy.stats import chi2

from .arrays import BoolArray, FloatArray, IntArray
from .encoding import encode
from .errors import MissingColumnError
from .proportions import wilson_bounds
from .result import Undefined

_SMALL = 5.0


@dataclass(frozen=True)
class TestResult:
    """A test: statistic, degrees of freedom, p and how it was found."""

    __test__ = False  # not a test case, whatever its name says

    statistic: float
    df: int
    p: float
    method: str

    def to_dict(self) -> dict[str, Any]:
        return {"statistic": self.statistic, "df": self.df, "p": self.p, "method": self.method}


@dataclass(frozen=True, eq=False)
class Attrition:
    """Completion by arm.

    Attributes
    ----------
    arms : DataFrame
        Columns arm, entered, finished, share, low, high (Wilson), median_votes of those who left.
    completion : TestResult or Undefined
        Are completion shares equal?
    timing : TestResult or Undefined
        Do raters leave after equally many votes? Undefined without a column ``votes``.
    """

    arms: pd.DataFrame
    completion: TestResult | Undefined
    timing: TestResult | Undefined

    def to_frame(self) -> pd.DataFrame:
        return self.arms.copy()


def attrition(
    df: pd.DataFrame, *, draws: int = 9999, seed: int = 0, confidence: float = 0.95
) -> Attrition | Undefined:
    """Completion and leaving by arm.

    Parameters
    ----------
    df : DataFrame
        One row per rater who entered: ``arm`` (panel, order of criteria, version of the instructions, …),
        ``finished`` (bool), optional ``votes`` (cast until leaving or finishing).
    draws : int
        Random tables for the exact test.

    Returns
    -------
    Attrition, or Undefined (``no_raters``).
    """
    missing = [name for name in ("arm", "finished") if name not in df.columns]
    if missing:
        raise MissingColumnError(
            f"There is no column {', '.join(missing)}.", mend="Attrition needs arm and finished."
        )
    if df.empty:
        return Undefined("no_raters", "Nobody has entered.")
    codes, labels = encode(df["arm"], "arm")
    arm = codes.astype(np.int64)
    finished = df["finished"].to_numpy(dtype=np.bool_)
    entered = np.bincount(arm).astype(np.float64)
    done = np.bincount(arm, finished).astype(np.float64)
    low, high = wilson_bounds(done, entered, confidence=confidence)
    arms = pd.DataFrame(
        {
            "arm": labels,
            "entered": entered.astype(np.int64),
            "finished": done.astype(np.int64),
            "share": done / entered,
            "low": low,
            "high": high,
        }
    )
    timing: TestResult | Undefined = Undefined("not_measured", "Votes per rater are not given.")
    if "votes" in df.columns:
        votes = df["votes"].to_numpy(dtype=np.float64)
        left = pd.Series(votes[~finished]).groupby(arm[~finished]).median()
        arms["median_votes"] = left.reindex(range(len(labels))).to_numpy(dtype=np.float64)
        timing = log_rank(votes, ~finished, arm)
    return Attrition(arms, equal_shares(done, entered, draws=draws, seed=seed), timing)


def equal_shares(
    hits: FloatArray, n: FloatArray, *, draws: int = 9999, seed: int = 0
) -> TestResult | Undefined:
    """Pearson's test that G shares are equal; shapes (G,).

    Where an expected count is below 5, p is the share of tables with the same margins that are at least as
    far from equality, (1 + #) / (1 + draws).
    """
    G, total = hits.size, float(n.sum())
    if G < 2:
        return Undefined("one_arm", "There is one arm only: nothing to compare.")
    rate = float(hits.sum()) / total
    if rate in (0.0, 1.0):
        return Undefined("constant", "All raters finished." if rate else "No rater finished.")
    expected = n * rate

    def statistic(found: FloatArray) -> FloatArray:
        return np.asarray(((found - expected) ** 2 / expected / (1 - rate)).sum(axis=-1), dtype=np.float64)

    observed = float(statistic(hits))
    if min(expected.min(), (n - expected).min()) >= _SMALL:
        return TestResult(observed, G - 1, float(chi2.sf(observed, G - 1)), "Pearson's χ²")
    rng = np.random.default_rng(seed)
    tables = rng.multivariate_hypergeometric(n.astype(np.int64), int(hits.sum()), size=draws)
    extreme = int((statistic(tables.astype(np.float64)) >= observed - 1e-9).sum())
    method = f"Pearson's χ², {draws} tables of the same margins, seed {seed}"
    return TestResult(observed, G - 1, (1 + extreme) / (1 + draws), method)


def log_rank(time: FloatArray, event: BoolArray, group: IntArray) -> TestResult | Undefined:
    """Log-rank test that groups leave alike; all of shape (n,).

    At each time with d leavers among m at risk, group g with m_g at risk expects d m_g / m, with
    hypergeometric covariance.

    Parameters
    ----------
    time : float array
        Votes until leaving, or until the rater finished.
    event : bool array
        True for leaving.
    group : int array
        Codes 0 … G−1.
    """
    G = int(group.max()) + 1
    if G < 2:
        return Undefined("one_arm", "There is one arm only: nothing to compare.")
    if not event.any():
        return Undefined("constant", "Nobody left early.")
    times = np.unique(time[event])
    column = np.searchsorted(times, time, side="right") - 1  # last event time that the rater was at risk at
    enrolled = np.zeros((G, times.size + 1))
    np.add.at(enrolled, (group, column + 1), 1.0)
    # At risk at time j: everybody whose time is j's or later.
    at_risk = enrolled[:, ::-1].cumsum(axis=1)[:, ::-1][:, 1:]
    leavers = np.zeros((G, times.size))
    np.add.at(leavers, (group[event], column[event]), 1.0)
    m, d = at_risk.sum(axis=0), leavers.sum(axis=0)
    share = at_risk / m
    gap = (leavers - d * share).sum(axis=1)[:-1]
    scale = d * np.where(m > 1, (m - d) / np.maximum(m - 1, 1), 0.0)
    V = np.diag((scale * share).sum(axis=1)) - (scale * share) @ share.T
    V = V[:-1, :-1]
    if np.linalg.matrix_rank(V) < G - 1:
        return Undefined("constant", "Too few raters left to compare when they did.")
    statistic = float(gap @ np.linalg.solve(V, gap))
    p = float(chi2.sf(statistic, G - 1))
    return TestResult(statistic, G - 1, p if math.isfinite(p) else 1.0, "log-rank")

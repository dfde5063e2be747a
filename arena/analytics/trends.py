"""Studies of the same generators over time, on one scale, with a test whether the scale holds still."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd
from scipy.stats import chi2

from .arrays import BoolArray
from .blas import one_thread
from .data import PairwiseData
from .davidson import DavidsonFit
from .drift import DriftTest, drift_by_generator, drift_test
from .errors import NoFiniteMaximumError, OptionError, UnknownLabelError
from .intervals import Covariance
from .linked_scale import LinkedFit, OwnFit, fit_linked
from .linking import Linking, Observed, link
from .ranking import rank, rater_notes
from .ranking_numbers import numbers_of
from .ranking_result import RankingResult
from .ranking_rows import Counts, assemble, empty_result
from .result import Undefined
from .scale import BASE_POINTS, POINTS_PER_LOGIT
from .trend_result import TrendResult

_COLUMNS = ["generator", "study", "part", "points", "low", "high", "se", "anchor", "shared", "votes"]


@dataclass(frozen=True, eq=False)
class StudyVotes:
    """One study's votes on pairs.

    Attributes
    ----------
    name : str
    votes : DataFrame or PairwiseData
        As for `ranking.rank`.
    position : bool
        Whether it is known what was shown on which side.
    """

    name: str
    votes: pd.DataFrame | PairwiseData
    position: bool = True


@one_thread()
def trends(
    studies: Sequence[StudyVotes],
    *,
    anchors: Sequence[str] = (),
    confidence: float = 0.95,
    draws: int = 1000,
    seed: int = 0,
) -> TrendResult:
    """Strengths of all studies' generators on one scale, and whether shared ones drifted.

    Parameters
    ----------
    studies : sequence of StudyVotes
        In the order of time, each of another name.
    anchors : sequence of str
        Shared generators that carry the scale; all of them when empty.
    confidence, draws, seed
        As for `ranking.rank`; ``draws`` for the pooled ranking.

    Returns
    -------
    TrendResult
        Always for well-formed votes: what cannot be estimated is absent or `Undefined`, and explained.

    Raises
    ------
    OptionError
        Two studies of one name, or none.
    UnknownLabelError
        An anchor that no two studies share.
    AnalyticsError
        For wrong votes, naming row and field.
    """
    if not studies or len({study.name for study in studies}) < len(studies):
        raise OptionError("Studies must be there, each of another name.", mend="Name every study once.")
    warnings: list[str] = []
    taken = [one for study in studies if (one := _own(study, confidence, warnings)) is not None]
    names, results = tuple(one.name for one, _ in taken), tuple(result for _, result in taken)
    observed = Observed.of([(one.fit, _covariance(one, result)) for one, result in taken])
    chosen = _chosen(observed, anchors)
    linking = link(observed, chosen)
    raters = np.array([result.n_raters for result in results], dtype=np.int64)
    drift: DriftTest | Undefined
    by_generator = pd.DataFrame()
    if (unknown := _without_intervals(names, results)) is not None:
        drift = unknown
    else:
        drift = drift_test(observed, linking, names, raters)
        by_generator = drift_by_generator(observed, chosen, names, confidence=confidence)
    pooled, joint = _pooled([one for one, _ in taken], confidence, draws, seed)
    ratio, ratio_p = _likelihood_ratio([one for one, _ in taken], joint, observed)
    parts = _parts(observed, linking, names)
    return TrendResult(
        studies=names,
        results=results,
        parts=parts,
        anchors=tuple(observed.generators[g] for g in np.flatnonzero(chosen)),
        strengths=_strengths(observed, linking, names, results, confidence),
        drift=drift,
        by_generator=by_generator,
        pooled=pooled,
        likelihood_ratio=ratio,
        likelihood_ratio_p=ratio_p,
        warnings=(*warnings, *_words(parts, observed, chosen)),
        confidence=confidence,
    )


def _own(study: StudyVotes, confidence: float, warnings: list[str]) -> tuple[OwnFit, RankingResult] | None:
    """The study by itself; nothing, and a warning, where it has no strengths."""
    result = rank(study.votes, position=study.position, confidence=confidence, draws=0)
    if not isinstance(result.fit, DavidsonFit) or not (result.fit.block >= 0).any():
        warnings.append(f"{study.name} is left out: {' '.join(result.warnings) or 'it has no strengths.'}")
        return None
    warnings += [f"{study.name}: {words}" for words in result.warnings]
    votes = study.votes
    data = votes if isinstance(votes, PairwiseData) else PairwiseData.from_frame(votes)
    return OwnFit(study.name, data, result.fit), result


def _without_intervals(names: Sequence[str], results: Sequence[RankingResult]) -> Undefined | None:
    """Why there is no test of drift, in the words of the first study without intervals."""
    for name, result in zip(names, results, strict=True):
        if result.covariance is None:
            code = "one_rater" if result.n_raters < 2 else "no_intervals"
            own = " ".join(words for words in result.warnings if words.endswith("no intervals."))
            return Undefined(code, f"{name} has no intervals, so drift cannot be tested. {own}".strip())
    return None


def _covariance(one: OwnFit, result: RankingResult) -> Covariance:
    if result.covariance is not None:
        return result.covariance
    nothing = np.full_like(one.fit.covariance, np.nan)
    return Covariance(nothing, 1, 1.0, "none: no intervals")


def _chosen(observed: Observed, anchors: Sequence[str]) -> BoolArray:
    shared = observed.shared
    if not anchors:
        return shared
    known = {observed.generators[g] for g in np.flatnonzero(shared)}
    if strange := [name for name in anchors if name not in known]:
        raise UnknownLabelError(
            f"{strange[0]!r} is not shared by two of the studies.",
            mend=f"Choose among: {', '.join(sorted(known)) or 'none'}.",
            details={"field": "anchors", "value": strange[0]},
        )
    return np.array([name in anchors for name in observed.generators], dtype=np.bool_)


def _parts(observed: Observed, linking: Linking, names: tuple[str, ...]) -> tuple[tuple[str, ...], ...]:
    out = []
    for value in range(int(linking.part.max(initial=-1)) + 1):
        inside = np.isin(observed.unit, np.flatnonzero(linking.part == value))
        out.append(tuple(names[s] for s in np.unique(observed.study[inside])))
    return tuple(out)


def _strengths(
    observed: Observed,
    linking: Linking,
    names: tuple[str, ...],
    results: tuple[RankingResult, ...],
    confidence: float,
) -> pd.DataFrame:
    rows, shared = [], observed.shared
    contrasts = linking.rows(observed)
    votes = [{row.generator: row.n for row in result.rows} for result in results]
    for k in range(observed.n):
        s, g = int(observed.study[k]), int(observed.generator[k])
        points = BASE_POINTS + POINTS_PER_LOGIT * float(contrasts[k] @ observed.value)
        se, half = (POINTS_PER_LOGIT * x for x in observed.half_width(contrasts[k], confidence))
        name = observed.generators[g]
        rows.append(
            (
                name,
                names[s],
                int(linking.part[observed.unit[k]]),
                points,
                points - half,
                points + half,
                se,
                bool(linking.anchors[g]),
                bool(shared[g]),
                votes[s][name],
            )
        )
    return pd.DataFrame(rows, columns=_COLUMNS)


def _pooled(
    ones: Sequence[OwnFit], confidence: float, draws: int, seed: int
) -> tuple[RankingResult, LinkedFit | None]:
    if not ones:
        return empty_result("no_votes", "No study has strengths.", (), "linked", confidence), None
    try:
        joint = fit_linked(ones)
    except NoFiniteMaximumError as error:
        names = tuple(sorted({name for one in ones for name in one.data.generators}))
        return empty_result("no_finite_maximum", error.message, names, "linked", confidence), None
    notes = list(joint.fit.diagnosis.words)
    if not joint.fit.converged:
        notes.append("The fit did not converge: treat these numbers as provisional.")
    options: dict[str, Any] = {"confidence": confidence, "draws": draws, "seed": seed, "anchor": None}
    numbers = numbers_of(joint.fit, joint.scores(), joint.information, **options)
    notes += [numbers.silent] if numbers.covariance is None else rater_notes(joint.data)
    result = assemble(Counts.of(joint.data), numbers, method="linked", notes=notes, **options)
    return replace(result, method=joint.fit.method), joint


def _likelihood_ratio(
    ones: Sequence[OwnFit], joint: LinkedFit | None, observed: Observed
) -> tuple[float, float]:
    """Own strengths against common ones; only where each fit has one scale and one finite maximum."""
    nan = float("nan")
    if joint is None or (joint.fit.block != 0).any():
        return nan, nan
    if any((one.fit.block != 0).any() or not one.fit.converged for one in ones):
        return nan, nan
    restrictions = observed.n - len(ones) - len(joint.fit.generators) + 1
    if restrictions < 1:
        return nan, nan
    ratio = 2 * (sum(one.fit.log_likelihood for one in ones) - joint.fit.log_likelihood)
    return ratio, float(chi2.sf(ratio, restrictions))


def _words(parts: tuple[tuple[str, ...], ...], observed: Observed, chosen: BoolArray) -> list[str]:
    said = []
    if len(parts) > 1:
        listed = "; ".join(" and ".join(part) for part in parts[:5])
        said.append(
            f"The studies fall into {len(parts)} parts that share no anchor ({listed}): points compare "
            "within a part only. A generator shown in both would link them."
        )
    if int((chosen & observed.shared).sum()) == 2:
        said.append(
            "Two generators carry the scale: if their distance changes, it cannot be told which one moved."
        )
    return said

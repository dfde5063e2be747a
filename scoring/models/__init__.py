from scoring.models.reference import Niche, ReferenceSet, ReferenceSetPicture
from scoring.models.score import Metric, MetricKind, Score, ScoreState, SetScore, Work

__all__ = [
    "Metric",
    "MetricKind",
    "Niche",
    "ReferenceSet",
    "ReferenceSetPicture",
    "Score",
    "ScoreState",
    "SetScore",
    "Work",
]

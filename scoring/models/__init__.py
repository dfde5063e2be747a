from scoring.models.niche import Niche, NicheTerm, NicheVersion, StudyNiche
from scoring.models.reference import ReferenceSet, ReferenceSetPicture
from scoring.models.score import Metric, MetricKind, Score, ScoreState, SetScore, Work

__all__ = [
    "Metric",
    "MetricKind",
    "Niche",
    "NicheTerm",
    "NicheVersion",
    "ReferenceSet",
    "ReferenceSetPicture",
    "Score",
    "ScoreState",
    "SetScore",
    "StudyNiche",
    "Work",
]

"""Statistics of human preference: pure Python on numpy, scipy and pandas, without Django or torch."""

from .agreement import pairwise_alpha, rating_alpha
from .controlled import ControlledRanking, rank_controlled
from .data import OUTCOMES, PairwiseData
from .davidson import DavidsonFit, fit
from .errors import AnalyticsError
from .graph import GraphDiagnosis, diagnose
from .human_metric import generator_correlation, pair_accuracy
from .joint_blocks import JointBlock
from .krippendorff_alpha import alpha
from .likert import opinion_scores
from .proportions import wilson
from .ranking import METHODS, rank, rank_by
from .ranking_choices import place_effects, rank_choices
from .ranking_graded import rank_graded, rank_ratings
from .ranking_joint import JointRanking, rank_joint
from .ranking_result import RankingResult, RankingRow
from .raters import rater_table
from .result import Estimate, Undefined

__all__ = [
    "METHODS",
    "OUTCOMES",
    "AnalyticsError",
    "ControlledRanking",
    "DavidsonFit",
    "Estimate",
    "GraphDiagnosis",
    "JointBlock",
    "JointRanking",
    "PairwiseData",
    "RankingResult",
    "RankingRow",
    "Undefined",
    "alpha",
    "diagnose",
    "fit",
    "generator_correlation",
    "opinion_scores",
    "pair_accuracy",
    "pairwise_alpha",
    "place_effects",
    "rank",
    "rank_by",
    "rank_choices",
    "rank_controlled",
    "rank_graded",
    "rank_joint",
    "rank_ratings",
    "rater_table",
    "rating_alpha",
    "wilson",
]

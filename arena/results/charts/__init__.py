"""Vega-Lite specs, made here and nowhere else; pages and reports draw the same ones.

Specs name no colours: the page (static/js/charts.js) or the report gives them a theme, light or dark. Named
ranges (category, diverging, ramp) and mark styles (interval, wide, dot, reference) belong to the theme.
"""

from arena.results.charts.base import Chart
from arena.results.charts.diagnosis import TREND_TITLES, session_trend
from arena.results.charts.failures import failure_rates, failures_by_category
from arena.results.charts.metrics import calibration, selector
from arena.results.charts.niches import calibration_curve
from arena.results.charts.opinions import opinion_bars, opinion_means
from arena.results.charts.pairs import pair_over_time
from arena.results.charts.quality import rater_scatter, side_preference
from arena.results.charts.ranking import forest, small_multiples, win_heatmap
from arena.results.charts.scores import score_boxes, score_scatter
from arena.results.charts.trends import moves, strengths_over_time

__all__ = [
    "TREND_TITLES",
    "Chart",
    "calibration",
    "calibration_curve",
    "failure_rates",
    "failures_by_category",
    "forest",
    "moves",
    "opinion_bars",
    "opinion_means",
    "pair_over_time",
    "rater_scatter",
    "score_boxes",
    "score_scatter",
    "selector",
    "session_trend",
    "side_preference",
    "small_multiples",
    "strengths_over_time",
    "win_heatmap",
]

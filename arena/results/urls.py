from django.urls import path

from arena.results import api
from arena.results.views import (
    agreement,
    comparisons,
    diagnosis,
    export,
    joint,
    metrics,
    model,
    ranking,
    raters,
    report,
    robustness,
    scores,
    vote_upload,
)

urlpatterns: list = [
    path("votes/import/", vote_upload.upload, name="votes-import"),
    path("studies/<str:pid>/results/", ranking.results, name="results"),
    path("studies/<str:pid>/results/agreement/", agreement.page, name="results-agreement"),
    path("studies/<str:pid>/results/comparisons/", comparisons.gallery, name="results-comparisons"),
    path("studies/<str:pid>/results/robustness/", robustness.page, name="results-robustness"),
    path("studies/<str:pid>/results/all-blocks/", joint.page, name="results-joint"),
    path("studies/<str:pid>/results/model/", model.page, name="results-model"),
    path("studies/<str:pid>/results/raters/", raters.raters, name="results-raters"),
    path("studies/<str:pid>/results/raters/<str:rater>/exclude/", raters.exclude, name="rater-exclude"),
    path("studies/<str:pid>/results/raters/<str:rater>/lift/", raters.lift, name="rater-lift"),
    path(
        "studies/<str:pid>/results/raters/<str:rater>/rules/<str:rule>/overrule/",
        raters.overrule,
        name="rule-overrule",
    ),
    path(
        "studies/<str:pid>/results/raters/<str:rater>/rules/<str:rule>/restore/",
        raters.restore_rule,
        name="rule-restore",
    ),
    path("studies/<str:pid>/results/diagnosis/", diagnosis.page, name="results-diagnosis"),
    path("studies/<str:pid>/results/scores/", scores.scores, name="results-scores"),
    path("studies/<str:pid>/results/metrics/", metrics.page, name="results-metrics"),
    path("studies/<str:pid>/results/report/", report.page, name="results-report"),
    path("studies/<str:pid>/report.<str:fmt>", report.download, name="report"),
    path("studies/<str:pid>/results/export/", export.export_page, name="results-export"),
    path("studies/<str:pid>/export/design.json", export.design, name="export-design"),
    path("studies/<str:pid>/export/<str:kind>.<str:fmt>", export.export, name="export"),
    path("api/v1/studies/<str:pid>/ranking/", api.RankingView.as_view(), name="api-ranking"),
    path("api/v1/studies/<str:pid>/gate/", api.GateView.as_view(), name="api-gate"),
    path("api/v1/studies/<str:pid>/votes/", api.VotesView.as_view(), name="api-votes"),
]

from django.urls import path

from scoring.api import niches, views

urlpatterns: list = [
    path("metrics/", views.MetricList.as_view(), name="api-metrics"),
    path("scores/", views.ScoreList.as_view(), name="api-scores"),
    path("scores/retry/", views.RetryAll.as_view(), name="api-scores-retry"),
    path("studies/<str:pid>/scores/", views.ScoreList.as_view(), name="api-study-scores"),
    path("set-scores/", views.SetScoreList.as_view(), name="api-set-scores"),
    path("niches/", niches.NicheList.as_view(), name="api-niches"),
    path("niches/<str:niche>/", niches.NicheDetail.as_view(), name="api-niche"),
    path("studies/<str:pid>/niche/", niches.StudyNicheView.as_view(), name="api-study-niche"),
    path("reference-sets/", views.ReferenceSetList.as_view(), name="api-reference-sets"),
]

from django.urls import include, path

from scoring.views import niches, reference_sets, scoring

urlpatterns: list = [
    path("scoring/", scoring.scoring, name="scoring"),
    path("scoring/retry/", scoring.retry, name="scoring-retry"),
    path("scoring/reference-sets/", reference_sets.reference_sets, name="reference-sets"),
    path("scoring/set-scores/", reference_sets.compare, name="set-scores"),
    path("scoring/niches/", niches.niches, name="niches"),
    path("scoring/niches/new/", niches.new, name="niche-new"),
    path("scoring/niches/<str:niche>/revise/", niches.revise, name="niche-revise"),
    path("scoring/niches/<str:niche>/calibrate/", niches.calibrate, name="niche-calibrate"),
    path("studies/<str:pid>/niche/", niches.of_study, name="study-niche"),
    path("api/v1/", include("scoring.api.urls")),
]

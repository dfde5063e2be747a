from django.urls import include, path

from scoring.views import reference_sets, scoring

urlpatterns: list = [
    path("scoring/", scoring.scoring, name="scoring"),
    path("scoring/retry/", scoring.retry, name="scoring-retry"),
    path("scoring/reference-sets/", reference_sets.reference_sets, name="reference-sets"),
    path("scoring/set-scores/", reference_sets.compare, name="set-scores"),
    path("api/v1/", include("scoring.api.urls")),
]

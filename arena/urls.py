from django.urls import include, path

urlpatterns: list = [
    path("", include("annotations.urls")),
    path("", include("scoring.urls")),
    path("", include("arena.results.urls")),
]

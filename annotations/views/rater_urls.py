from django.urls import path

from annotations.views import rater

urlpatterns: list = [
    path("r/<str:token>/", rater.entry, name="rater-entry"),
    path("r/<str:token>/consent/", rater.consent, name="rater-consent"),
    path("r/<str:token>/instructions/", rater.instructions, name="rater-instructions"),
    path("r/<str:token>/vote/", rater.vote, name="rater-vote"),
    path("r/<str:token>/undo/", rater.undo, name="rater-undo"),
    path("r/<str:token>/done/", rater.done, name="rater-done"),
]

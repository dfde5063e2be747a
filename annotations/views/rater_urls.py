from django.urls import path

from annotations.views import rater, rater_entry, rater_leave

urlpatterns: list = [
    path("r/<str:token>/", rater_entry.entry, name="rater-entry"),
    path("r/<str:token>/consent/", rater_entry.consent, name="rater-consent"),
    path("r/<str:token>/instructions/", rater_entry.instructions, name="rater-instructions"),
    path("r/<str:token>/vote/", rater.vote, name="rater-vote"),
    path("r/<str:token>/undo/", rater.undo, name="rater-undo"),
    path("r/<str:token>/done/", rater_leave.done, name="rater-done"),
]

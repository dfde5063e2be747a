from django.urls import path

from annotations.views import rater, rater_arrival, rater_entry, rater_language, rater_leave

urlpatterns: list = [
    path("r/<str:token>/", rater_entry.entry, name="rater-entry"),
    path("r/<str:token>/i/<str:invitation>/", rater_arrival.invitation, name="rater-invitation"),
    path("r/<str:token>/consent/", rater_entry.consent, name="rater-consent"),
    path("r/<str:token>/verify/", rater_entry.verify, name="rater-verify"),
    path("r/<str:token>/about-you/", rater_entry.demographics_form, name="rater-demographics"),
    path("r/<str:token>/instructions/", rater_entry.instructions, name="rater-instructions"),
    path("r/<str:token>/vote/", rater.vote, name="rater-vote"),
    path("r/<str:token>/undo/", rater.undo, name="rater-undo"),
    path("r/<str:token>/language/", rater_language.language, name="rater-language"),
    path("r/<str:token>/done/", rater_leave.done, name="rater-done"),
    path("r/<str:token>/leave/", rater_leave.withdraw, name="rater-withdraw"),
    path("r/<str:token>/privacy/", rater_leave.privacy, name="rater-privacy"),
]

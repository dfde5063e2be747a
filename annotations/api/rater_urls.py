from django.urls import path

from annotations.api.rater import Next, Undo, Votes

urlpatterns: list = [
    path("rater/<str:token>/next", Next.as_view(), name="api-rater-next"),
    path("rater/<str:token>/votes", Votes.as_view(), name="api-rater-vote"),
    path("rater/<str:token>/undo", Undo.as_view(), name="api-rater-undo"),
]

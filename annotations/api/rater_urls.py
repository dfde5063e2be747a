from django.urls import path

from annotations import converters  # noqa: F401  registers <token:…>
from annotations.api.rater import Next, Undo, Votes

urlpatterns: list = [
    path("rater/<token:token>/next", Next.as_view(), name="api-rater-next"),
    path("rater/<token:token>/votes", Votes.as_view(), name="api-rater-vote"),
    path("rater/<token:token>/undo", Undo.as_view(), name="api-rater-undo"),
]

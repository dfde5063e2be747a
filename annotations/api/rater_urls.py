from django.urls import path

from annotations import converters  # noqa: F401  registers <token:…>
from annotations.api.rater import Blocks, Next, Reports, Undo, Votes

urlpatterns: list = [
    path("rater/<token:token>/next", Next.as_view(), name="api-rater-next"),
    path("rater/<token:token>/blocks", Blocks.as_view(), name="api-rater-blocks"),
    path("rater/<token:token>/votes", Votes.as_view(), name="api-rater-vote"),
    path("rater/<token:token>/undo", Undo.as_view(), name="api-rater-undo"),
    path("rater/<token:token>/report", Reports.as_view(), name="api-rater-report"),
]

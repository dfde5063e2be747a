from django.urls import path

from annotations import converters  # noqa: F401  registers <token:…>
from annotations.views.pictures import picture, reference

urlpatterns = [
    path("p/<token:token>/<int:position>", picture, name="picture"),
    path("p/<token:token>/r", reference, name="reference-picture"),
]

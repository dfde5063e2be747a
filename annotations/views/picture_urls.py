from django.urls import path

from annotations import converters  # noqa: F401  registers <token:…>
from annotations.views.pictures import picture

urlpatterns = [path("p/<token:token>/<int:position>", picture, name="picture")]

from django.urls import path

from annotations.views.pictures import picture

urlpatterns = [path("p/<str:token>/<int:position>", picture, name="picture")]

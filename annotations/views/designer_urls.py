from django.contrib.auth import views as auth
from django.urls import path

from annotations.views import health, home

urlpatterns: list = [
    path("", home.home, name="home"),
    path("healthz", health.healthz, name="healthz"),
    path("accounts/login/", auth.LoginView.as_view(redirect_authenticated_user=False), name="login"),
    path("accounts/logout/", auth.LogoutView.as_view(), name="logout"),
]

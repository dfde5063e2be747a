from django.contrib.auth import views as auth
from django.urls import path

from annotations.views import audit, design, designer, health, home, switches, thumbnails

urlpatterns: list = [
    path("", home.home, name="home"),
    path("healthz", health.healthz, name="healthz"),
    path("accounts/login/", auth.LoginView.as_view(), name="login"),
    path("accounts/logout/", auth.LogoutView.as_view(), name="logout"),
    path("images/<slug:pid>/thumbnail", thumbnails.image_thumbnail, name="image-thumbnail"),
    path("studies/", designer.studies, name="studies"),
    path("studies/<slug:pid>/", designer.study, name="study"),
    path("studies/<slug:pid>/status", designer.study_status, name="study-status"),
    path("studies/<slug:pid>/images/", designer.study_images, name="study-images"),
    path("studies/<slug:pid>/design/", design.study_design, name="study-design"),
    path("studies/<slug:pid>/design/plan", design.study_plan, name="study-plan"),
    path("studies/<slug:pid>/panels/", design.study_panel_add, name="study-panel-add"),
    path("studies/<slug:pid>/launch/", switches.study_launch, name="study-launch"),
    path("studies/<slug:pid>/prepare/", switches.study_prepare, name="study-prepare"),
    path("studies/<slug:pid>/pause/", switches.study_pause, name="study-pause"),
    path("studies/<slug:pid>/resume/", switches.study_resume, name="study-resume"),
    path("studies/<slug:pid>/close/", switches.study_close, name="study-close"),
    path("studies/<slug:pid>/audit/", audit.study_audit, name="study-audit"),
]

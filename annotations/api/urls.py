from django.urls import path

from annotations.api import docs, images, studies, tokens

urlpatterns: list = [
    path("token/", tokens.TokenView.as_view(), name="api-token"),
    path("schema/", docs.Schema.as_view(), name="schema"),
    path("docs/", docs.Swagger.as_view(), name="api-docs"),
    path("redoc/", docs.Redoc.as_view(), name="api-redoc"),
    path("studies/", studies.StudyList.as_view(), name="api-studies"),
    path("studies/<slug:pid>/", studies.StudyDetail.as_view(), name="api-study"),
    path("studies/<slug:pid>/launch/", studies.Launch.as_view(), name="api-study-launch"),
    path("studies/<slug:pid>/pause/", studies.Pause.as_view(), name="api-study-pause"),
    path("studies/<slug:pid>/resume/", studies.Resume.as_view(), name="api-study-resume"),
    path("studies/<slug:pid>/close/", studies.Close.as_view(), name="api-study-close"),
    path("studies/<slug:pid>/panels/", studies.PanelList.as_view(), name="api-panels"),
    path("studies/<slug:pid>/images/", images.ImageList.as_view(), name="api-images"),
]

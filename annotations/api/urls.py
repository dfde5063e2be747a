from django.urls import path

from annotations.api import docs, tokens

urlpatterns: list = [
    path("token/", tokens.TokenView.as_view(), name="api-token"),
    path("schema/", docs.Schema.as_view(), name="schema"),
    path("docs/", docs.Swagger.as_view(), name="api-docs"),
    path("redoc/", docs.Redoc.as_view(), name="api-redoc"),
]

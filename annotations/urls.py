from django.urls import include, path

urlpatterns: list = [
    # Votes and pictures come first: they are the most, and addresses are compared in this order.
    path("api/v1/", include("annotations.api.rater_urls")),
    path("", include("annotations.views.picture_urls")),
    # Imports come first: /studies/new/ would otherwise be read as a study called "new".
    path("", include("annotations.views.import_urls")),
    path("", include("annotations.views.account_urls")),
    path("", include("annotations.views.designer_urls")),
    path("", include("annotations.views.rater_urls")),
    path("api/v1/", include("annotations.api.urls")),
]

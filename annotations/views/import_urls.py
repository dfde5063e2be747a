from django.urls import path

from annotations.views import imports

urlpatterns: list = [
    path("studies/new/", imports.new_study, name="study-new"),
    path("studies/<str:pid>/images/add/", imports.add_images, name="study-images-add"),
    path("imports/<str:pid>/", imports.show, name="import"),
    path("imports/<str:pid>/status", imports.status, name="import-status"),
    path("imports/<str:pid>/cancel/", imports.cancel, name="import-cancel"),
    path("imports/<str:pid>/problems.csv", imports.problems, name="import-problems"),
    path("images/<str:pid>/file", imports.image_file, name="image-file"),
]

"""A study's images by API, and one output posted as it is made."""

from django.db.models import QuerySet
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import generics
from rest_framework.parsers import FormParser, MultiPartParser
from rest_framework.request import Request
from rest_framework.response import Response

from annotations.actions import captures
from annotations.api.lookup import study_or_404
from annotations.api.permissions import CanDesign
from annotations.api.serializers import ErrorSerializer, ImagePostSerializer, ImageSerializer
from annotations.models import Image


@extend_schema(tags=["images"])
class ImageList(generics.GenericAPIView):
    permission_classes = (CanDesign,)
    serializer_class = ImageSerializer
    parser_classes = (MultiPartParser, FormParser)

    def get_queryset(self) -> QuerySet[Image]:
        query = self.request.query_params
        wanted = {"generator__name": query.get("generator"), "prompt__category": query.get("category")}
        images = study_or_404(self.kwargs["pid"]).images.select_related("prompt", "generator")
        return images.filter(**{name: value for name, value in wanted.items() if value})

    @extend_schema(
        responses={200: ImageSerializer(many=True), 404: ErrorSerializer},
        parameters=[OpenApiParameter("generator", str), OpenApiParameter("category", str)],
    )
    def get(self, request: Request, pid: str) -> Response:
        """The images of a study, in the order in which they came."""
        page = self.paginate_queryset(self.get_queryset())
        return self.get_paginated_response(ImageSerializer(page, many=True).data)

    @extend_schema(
        request=ImagePostSerializer,
        responses={
            200: ImageSerializer,
            201: ImageSerializer,
            404: ErrorSerializer,
            409: ErrorSerializer,
            422: ErrorSerializer,
        },
    )
    def post(self, request: Request, pid: str) -> Response:
        """Store one image. 201 for a new one; the same image again answers 200 and changes nothing."""
        study = study_or_404(pid)
        form = ImagePostSerializer(data=request.data)
        form.is_valid(raise_exception=True)
        fields = dict(form.validated_data)
        image, created = captures.store(study=study, actor=request.user, upload=fields.pop("image"), **fields)
        return Response(ImageSerializer(image).data, status=201 if created else 200)

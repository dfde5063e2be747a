"""Blocks and known answers of a study by API. Both are part of the design: they change in draft only."""

from typing import Any

from django.db import transaction
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from annotations.actions import blocks, golds
from annotations.api.block_serializers import BlockSerializer, GoldSerializer
from annotations.api.lookup import study_or_404
from annotations.api.permissions import CanDesign
from annotations.api.serializers import ErrorSerializer
from annotations.errors import NotFound
from annotations.models import Block, Gold, Study

REFUSED = {400: ErrorSerializer, 404: ErrorSerializer, 409: ErrorSerializer}


def block_or_404(study: Study, public_id: str) -> Block:
    found = study.blocks.filter(public_id=public_id).first()
    if found is None:
        raise NotFound("The study has no block with this id.", mend="List its blocks to see their ids.")
    return found


def _settings(form: BlockSerializer) -> tuple[dict[str, Any], int | None]:
    settings = dict(form.validated_data)
    position = settings.pop("position", None)
    if "criteria" in settings:
        settings["criteria"] = [dict(criterion) for criterion in settings["criteria"]]
    for name in ("taxonomy", "reasons"):
        if name in settings:
            settings[name] = _plain(settings[name])
    return settings, position


def _plain(value: Any) -> Any:
    """JSON is stored as plain dicts and lists."""
    if isinstance(value, dict):
        return {key: _plain(part) for key, part in value.items()}
    return [_plain(part) for part in value] if isinstance(value, list) else value


def _moved(block: Block, position: int | None, request: Request) -> Block:
    if position is not None:
        places = list(block.study.blocks.values_list("pk", flat=True))
        blocks.move(block=block, actor=request.user, by=position - places.index(block.pk))
    return Block.objects.get(pk=block.pk)


@extend_schema(tags=["blocks"])
class BlockList(APIView):
    permission_classes = (CanDesign,)

    @extend_schema(responses={200: BlockSerializer(many=True), 404: ErrorSerializer})
    def get(self, request: Request, pid: str) -> Response:
        """The blocks in the order that raters meet."""
        found = study_or_404(pid).blocks.prefetch_related("criteria")
        return Response(BlockSerializer(found, many=True).data)

    @extend_schema(request=BlockSerializer, responses={201: BlockSerializer, **REFUSED})
    def post(self, request: Request, pid: str) -> Response:
        """A further block of a draft."""
        study = study_or_404(pid)
        form = BlockSerializer(data=request.data)
        form.is_valid(raise_exception=True)
        settings, position = _settings(form)
        with transaction.atomic():
            block = blocks.add(study=study, actor=request.user, **settings)
            block = _moved(block, position, request)
        return Response(BlockSerializer(block).data, status=201)


@extend_schema(tags=["blocks"])
class BlockDetail(APIView):
    permission_classes = (CanDesign,)

    @extend_schema(responses={200: BlockSerializer, 404: ErrorSerializer})
    def get(self, request: Request, pid: str, block: str) -> Response:
        """One block with its criteria."""
        return Response(BlockSerializer(block_or_404(study_or_404(pid), block)).data)

    @extend_schema(request=BlockSerializer(partial=True), responses={200: BlockSerializer, **REFUSED})
    def patch(self, request: Request, pid: str, block: str) -> Response:
        """Change a block of a draft; `criteria` replace those before."""
        found = block_or_404(study_or_404(pid), block)
        form = BlockSerializer(found, data=request.data, partial=True)
        form.is_valid(raise_exception=True)
        settings, position = _settings(form)
        with transaction.atomic():
            if settings:
                blocks.update(block=found, actor=request.user, **settings)
            found = _moved(found, position, request)
        return Response(BlockSerializer(found).data)

    @extend_schema(responses={204: None, **REFUSED})
    def delete(self, request: Request, pid: str, block: str) -> Response:
        """Take a block out of a draft, with its known answers."""
        blocks.remove(block=block_or_404(study_or_404(pid), block), actor=request.user)
        return Response(status=204)


@extend_schema(tags=["golds"])
class GoldList(APIView):
    permission_classes = (CanDesign,)

    @extend_schema(responses={200: GoldSerializer(many=True), 404: ErrorSerializer})
    def get(self, request: Request, pid: str) -> Response:
        """The known answers of all blocks."""
        found = Gold.objects.filter(block__study=study_or_404(pid)).select_related("block")
        return Response(GoldSerializer(found, many=True).data)

    @extend_schema(request=GoldSerializer, responses={201: GoldSerializer, **REFUSED})
    def post(self, request: Request, pid: str) -> Response:
        """A known answer: an attention check, practice with feedback, or part of the quiz."""
        study = study_or_404(pid)
        form = GoldSerializer(data=request.data)
        form.is_valid(raise_exception=True)
        settings = dict(form.validated_data)
        chosen = settings.pop("block", {}).get("public_id")
        block = block_or_404(study, chosen) if chosen else study.block
        gold = golds.add(block=block, actor=request.user, **settings)
        return Response(GoldSerializer(gold).data, status=201)


@extend_schema(tags=["golds"])
class GoldDetail(APIView):
    permission_classes = (CanDesign,)

    @extend_schema(responses={204: None, **REFUSED})
    def delete(self, request: Request, pid: str, gold: str) -> Response:
        """Take a known answer out of a draft."""
        found = Gold.objects.filter(block__study=study_or_404(pid), public_id=gold).first()
        if found is None:
            raise NotFound("There is no such known answer.", mend="List them to see their ids.")
        golds.remove(gold=found, actor=request.user)
        return Response(status=204)

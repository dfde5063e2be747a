"""Everything that a rater's browser can receive, searched for words that only the study's makers may know."""

import html
import io
import json
import re
import zlib

import pytest
from django.test import Client
from django.urls import reverse
from PIL import Image as Pillow
from PIL import PngImagePlugin

from annotations.actions import manifests, preparation, studies
from annotations.models import Comparison, Generator, Image, Prompt, Rendition, Study
from tests.pictures import csv_text, encoded, picture

pytestmark = [pytest.mark.django_db, pytest.mark.slow]
CANARY = "kanarienvogel"


def branded(number: int, *, exif: bool) -> bytes:
    """A picture that carries its maker's name wherever its format has room."""
    drawn = picture(f"#{(37 * number) % 256:02x}4488", size=(40 + number, 30))
    if exif:
        tags = Pillow.Exif()
        tags[0x010E] = tags[0x0131] = tags[0x013B] = f"{CANARY} {number}"
        return encoded(drawn, "JPEG", exif=tags, comment=CANARY.encode(), quality=90)
    words = PngImagePlugin.PngInfo()
    words.add_text("Software", CANARY)
    words.add_text("parameters", f"{CANARY} steps 30", zip=True)
    words.add_itxt("XML:com.adobe.xmp", f"<x>{CANARY}</x>")
    return encoded(drawn, "PNG", pnginfo=words)


def branded_study(tmp_path, **settings) -> Study:
    table = []
    for prompt in range(4):
        for generator in range(3):
            exif = (prompt + generator) % 2 == 0
            name = f"{CANARY}/{CANARY}-{generator}_{prompt}.{'jpg' if exif else 'png'}"
            (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
            (tmp_path / name).write_bytes(branded(10 * prompt + generator, exif=exif))
            table.append(
                {
                    "prompt_id": f"{CANARY}-{prompt}",
                    "prompt": f"{prompt} red cubes",
                    "category": f"{CANARY} things",
                    "generator": f"{CANARY}-{generator}",
                    "image": name,
                    "seed": "7",
                    "niche": CANARY,
                    "sampler": CANARY,
                }
            )
    (tmp_path / f"{CANARY}.csv").write_text(csv_text(table))
    study = studies.create(
        name=f"{CANARY} study",
        overlap=2,
        **{"box_px": 128, "check_every": 3, "first_check_within": 2, **settings},
    )
    manifests.import_folder(study=study, manifest_path=tmp_path / f"{CANARY}.csv", base=tmp_path)
    study.refresh_from_db()
    studies.launch(study=study, actor=CANARY)
    preparation.prepare(study=study)
    study.refresh_from_db()
    assert study.state == "running"
    return study


class Crawler:
    """Keeps the bytes of every answer, with status and headers, cookies and decoded pictures included."""

    def __init__(self) -> None:
        self.client = Client()
        self.heard: dict[str, bytes] = {}
        self.pictures: dict[str, bytes] = {}

    def keep(self, name: str, reply) -> None:
        body = b"".join(reply.streaming_content) if reply.streaming else reply.content
        headers = "\n".join(f"{key}: {value}" for key, value in reply.headers.items())
        cookies = reply.cookies.output()
        self.heard[f"{len(self.heard)} {name}"] = headers.encode() + cookies.encode() + b"\n" + body
        if reply.get("Content-Type", "").startswith("image/") and "svg" not in reply["Content-Type"]:
            self.pictures[name] = body

    def get(self, url: str) -> bytes:
        reply = self.client.get(url)
        self.keep(f"GET {url}", reply)
        if reply.status_code in (301, 302):
            return self.get(reply["Location"])
        return b"" if reply.streaming else reply.content

    def post(self, url: str, body, **options) -> dict:
        reply = self.client.post(url, body, **options)
        self.keep(f"POST {url}", reply)
        return reply.json() if reply.get("Content-Type") == "application/json" else {}

    def links(self, page: bytes) -> set[str]:
        found = re.findall(r"""(?:href|src|action)=["'](/[^"'#]*)""", html.unescape(page.decode()))
        return {link for link in found if "logout" not in link}


def crawl(study: Study) -> Crawler:
    crawler, token = Crawler(), study.panels.get().token

    def url(name: str) -> str:
        return reverse(name, args=[token])

    seen = crawler.get(url("rater-entry"))
    crawler.post(url("rater-consent"), {"choice": "accept", "version": "1"})
    seen += crawler.get(url("rater-instructions"))
    crawler.post(url("rater-instructions"), {})
    seen += crawler.get(url("rater-vote"))
    keys = [criterion["key"] for criterion in study.design["blocks"][0]["criteria"]]
    answer = dict.fromkeys(keys, "tie" if study.block.protocol == "pairwise" else 3)
    send = {"content_type": "application/json"}
    said = json.loads(crawler.get(url("api-rater-next")))
    undone = False
    while said["assignments"]:
        for link in said["assignments"][0]["pictures"]:
            crawler.get(link)
        vote = {"nonce": said["assignments"][0]["nonce"], "answer": answer, "evidence": {}}
        said = crawler.post(url("api-rater-vote"), json.dumps(vote), **send)["next"]
        crawler.post(url("api-rater-vote"), json.dumps(vote | {"answer": {"overall": "left"}}), **send)
        if not undone:
            undone, said = True, crawler.post(url("api-rater-undo"), "{}", **send)["next"]
        seen += crawler.get(url("rater-vote"))
    crawler.post(url("api-rater-vote"), json.dumps({"nonce": "x", "answer": {}}), **send)
    seen += crawler.get(url("rater-done"))
    seen += crawler.get("/p/unknown-token/0") + crawler.get("/r/nowhere/") + crawler.get("/no-such-page/")
    for link in sorted(crawler.links(seen)):
        crawler.get(link)
    return crawler


def searched(data: bytes) -> bytes:
    """Bytes as they are, in lower case, and with the compressed chunks of a PNG opened."""
    opened = b""
    if b"\x89PNG" in data:
        for chunk in re.finditer(rb"(?:zTXt|iTXt|iCCP).{0,200}?\0\0(.+?)(?=....[A-Z]{4})", data, re.S):
            try:
                opened += zlib.decompress(chunk.group(1))
            except zlib.error:
                continue
    return (data + opened).lower()


@pytest.mark.parametrize(
    ("protocol", "encoding"),
    [("pairwise", "near_lossless"), ("pairwise", "lossless"), ("likert", "lossless")],
)
def test_a_rater_meets_the_canary_nowhere(tmp_path, protocol, encoding):
    study = branded_study(tmp_path, protocol=protocol, encoding=encoding)
    crawler = crawl(study)
    checks = study.votes.filter(kind="check").count()
    assert checks >= 2
    assert len(crawler.pictures) >= study.votes.count()
    secrets = [CANARY, *Image.objects.values_list("sha256", flat=True)]
    for model in (Image, Prompt, Generator, Comparison):
        secrets += model.objects.values_list("public_id", flat=True)
    secrets += Rendition.objects.values_list("key", flat=True)
    secrets.append(study.public_id)
    for name, data in crawler.heard.items():
        text = searched(data)
        for secret in secrets:
            assert secret.lower().encode() not in text, f"{secret} in {name}"


@pytest.mark.parametrize("encoding", ["near_lossless", "lossless"])
def test_served_pictures_carry_nothing_but_pixels(tmp_path, encoding):
    crawler = crawl(branded_study(tmp_path, encoding=encoding))
    for data in crawler.pictures.values():
        with Pillow.open(io.BytesIO(data)) as shown:
            shown.load()
            assert shown.size == (128, 128)
            assert not shown.getexif()
            assert set(shown.info) <= {"jfif", "jfif_version", "jfif_unit", "jfif_density"}


def test_the_search_itself_finds_a_canary():
    """The proof would be worth nothing if the originals did not hold the word where the search looks."""
    assert CANARY.encode() in searched(branded(1, exif=True))
    assert CANARY.encode() in searched(branded(1, exif=False))

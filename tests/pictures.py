"""Small pictures and manifests for tests of importing and blinding."""

import csv
import io
import zipfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from PIL import Image, ImageDraw

HEADER = ("prompt_id", "prompt", "category", "generator", "image", "seed")


def picture(colour: str = "red", size: tuple[int, int] = (48, 32), mode: str = "RGB") -> Image.Image:
    """Unlike in all four corners, so that turning, cropping and mirroring are seen."""
    image = Image.new("RGB", size, colour)
    draw = ImageDraw.Draw(image)
    draw.rectangle((0, 0, size[0] // 4, size[1] // 4), fill="white")
    draw.rectangle((size[0] * 3 // 4, 0, size[0], size[1] // 4), fill="blue")
    draw.rectangle((0, size[1] * 3 // 4, size[0] // 4, size[1]), fill="black")
    return image.convert(mode)


def encoded(image: Image.Image | None = None, format: str = "PNG", **options: Any) -> bytes:
    out = io.BytesIO()
    (image or picture()).save(out, format, **options)
    return out.getvalue()


def rows(
    prompts: Sequence[str] = ("p1", "p2"), generators: Sequence[str] = ("model-a", "model-b")
) -> list[dict[str, str]]:
    return [
        {
            "prompt_id": prompt,
            "prompt": f"A picture of {prompt}",
            "category": "objects",
            "generator": generator,
            "image": f"images/{generator}_{prompt}.png",
            "seed": "7",
        }
        for prompt in prompts
        for generator in generators
    ]


def files_for(table: Sequence[Mapping[str, str]]) -> dict[str, bytes]:
    """A picture of its own for every path that the rows name."""
    names = dict.fromkeys(row["image"] for row in table)
    return {name: encoded(picture(f"#{(n * 40 + 30) % 256:02x}5588")) for n, name in enumerate(names)}


def csv_text(table: Sequence[Mapping[str, str]], delimiter: str = ",") -> str:
    out = io.StringIO()
    names = list(table[0]) if table else list(HEADER)
    writer = csv.DictWriter(out, names, delimiter=delimiter, lineterminator="\n")
    writer.writeheader()
    writer.writerows(table)
    return out.getvalue()


def folder(
    base: Path, table: Sequence[Mapping[str, str]] | None = None, files: Mapping[str, bytes] | None = None
) -> Path:
    """A manifest.csv with its images below `base`; the manifest's path."""
    table = rows() if table is None else table
    for name, data in (files_for(table) if files is None else files).items():
        (base / name).parent.mkdir(parents=True, exist_ok=True)
        (base / name).write_bytes(data)
    manifest = base / "manifest.csv"
    manifest.write_text(csv_text(table))
    return manifest


def zipped(path: Path, members: Mapping[str, bytes | str]) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in members.items():
            archive.writestr(name, data)
    return path


def zip_with_manifest(path: Path, table: Sequence[Mapping[str, str]] | None = None, top: str = "") -> Path:
    table = rows() if table is None else table
    members: dict[str, bytes | str] = {f"{top}manifest.csv": csv_text(table)}
    members |= {f"{top}{name}": data for name, data in files_for(table).items()}
    return zipped(path, members)

"""Draw a scene at any resolution. The layout is the scene's seed: same scene, same picture.

Siblings keep the seed, and the layout consumes its random numbers in the same order whatever the colour or
shape, so a wrong-colour sibling shows the same objects in the same places.
"""

import math
import random
from dataclasses import dataclass

from PIL import Image, ImageDraw

from scoring.metrics.shapes.scene import Background, Colour, Group, Relation, Scene, Shape, Size

Rgb = tuple[int, int, int]
Point = tuple[float, float]

COLOUR_RGB: dict[Colour, Rgb] = {
    "red": (214, 40, 40),
    "orange": (240, 135, 25),
    "yellow": (245, 212, 40),
    "green": (48, 160, 70),
    "blue": (45, 95, 208),
    "purple": (132, 58, 182),
    "pink": (246, 142, 188),
    "brown": (122, 74, 40),
}
BACKGROUND_RGB: dict[Background, Rgb] = {
    "plain": (242, 243, 245),
    "black": (22, 22, 24),
    "grey": (148, 150, 154),
    "cream": (250, 230, 190),
}
# Radius as a share of the picture's side, and the smallest that crowding may press it to.
_RADIUS: dict[Size, float] = {"small": 0.06, "medium": 0.125, "large": 0.2}
_EDGE_SHARE = 0.1
_MARGIN = 0.02


@dataclass(frozen=True, slots=True)
class Placed:
    """One object with its place in the unit square."""

    shape: Shape
    colour: Colour
    x: float
    y: float
    radius: float
    angle: float
    shade: float


def draw(scene: Scene, size: int = 512, *, supersample: int = 3, resample: int | None = None) -> Image.Image:
    """The scene as an RGB picture of `size` x `size` pixels, smooth at the edges by supersampling."""
    canvas = size * supersample
    chance = random.Random(scene.seed ^ 0x5EED)
    ground = _shade(BACKGROUND_RGB[scene.background], chance.uniform(0.96, 1.02))
    picture = Image.new("RGB", (canvas, canvas), ground)
    pen = ImageDraw.Draw(picture)
    for item in place(scene):
        _paint(pen, item, canvas)
    if supersample == 1:
        return picture
    if resample is None:
        return picture.reduce(supersample)
    return picture.resize((size, size), Image.Resampling(resample))


def place(scene: Scene) -> list[Placed]:
    """Put every object somewhere inside its region, apart from all others."""
    chance = random.Random(scene.seed)
    looks = [(group, region) for group, region in _regions(scene) for _ in range(group.count)]
    jitters = [
        (chance.uniform(0.92, 1.08), chance.uniform(-14, 14), chance.uniform(0.93, 1.05)) for _ in looks
    ]
    shrink = 1.0
    while True:
        radii = [
            _RADIUS[group.size] * jitter[0] * shrink
            for (group, _), jitter in zip(looks, jitters, strict=True)
        ]
        for _ in range(12):
            spots = _try_layout(chance, radii, [region for _, region in looks])
            if spots is not None:
                return [
                    Placed(group.shape, group.colour, x, y, radius, jitter[1], jitter[2])
                    for (group, _), jitter, radius, (x, y) in zip(looks, jitters, radii, spots, strict=True)
                ]
        # Rarely six objects do not fit: press all of them a little, so their relative sizes stay.
        shrink *= 0.95


Region = tuple[float, float, float, float]
_HALVES: dict[Relation, tuple[Region, Region]] = {
    "left of": ((0, 0, 0.49, 1), (0.51, 0, 1, 1)),
    "right of": ((0.51, 0, 1, 1), (0, 0, 0.49, 1)),
    "above": ((0, 0, 1, 0.49), (0, 0.51, 1, 1)),
    "below": ((0, 0.51, 1, 1), (0, 0, 1, 0.49)),
}


def _regions(scene: Scene) -> list[tuple[Group, Region]]:
    if scene.relation is None:
        return [(group, (0.0, 0.0, 1.0, 1.0)) for group in scene.groups]
    return list(zip(scene.groups, _HALVES[scene.relation], strict=True))


def _try_layout(chance: random.Random, radii: list[float], regions: list[Region]) -> list[Point] | None:
    spots: list[Point] = []
    for index, (radius, (left, top, right, bottom)) in enumerate(zip(radii, regions, strict=True)):
        reach = radius + _MARGIN
        if right - left < 2 * reach or bottom - top < 2 * reach:
            return None
        for _ in range(25):
            x = chance.uniform(left + reach, right - reach)
            y = chance.uniform(top + reach, bottom - reach)
            if all(
                math.hypot(x - spots[k][0], y - spots[k][1]) > 1.12 * (radius + radii[k])
                for k in range(index)
            ):
                spots.append((x, y))
                break
        else:
            return None
    return spots


def _shade(rgb: Rgb, factor: float) -> Rgb:
    return (
        min(255, int(rgb[0] * factor)),
        min(255, int(rgb[1] * factor)),
        min(255, int(rgb[2] * factor)),
    )


def _paint(pen: ImageDraw.ImageDraw, item: Placed, canvas: int) -> None:
    fill = _shade(COLOUR_RGB[item.colour], item.shade)
    edge = _shade(fill, 0.72)
    x, y, radius = item.x * canvas, item.y * canvas, item.radius * canvas
    inner = radius * (1 - _EDGE_SHARE)
    if item.shape == "circle":
        pen.ellipse((x - radius, y - radius, x + radius, y + radius), fill=edge)
        pen.ellipse((x - inner, y - inner, x + inner, y + inner), fill=fill)
    elif item.shape == "ring":
        _paint_ring(pen, x, y, radius, fill, edge)
    else:
        pen.polygon(_outline(item.shape, x, y, radius, item.angle), fill=edge)
        pen.polygon(_outline(item.shape, x, y, inner, item.angle), fill=fill)


def _paint_ring(pen: ImageDraw.ImageDraw, x: float, y: float, radius: float, fill: Rgb, edge: Rgb) -> None:
    box = (x - radius, y - radius, x + radius, y + radius)
    pen.ellipse(box, outline=edge, width=max(1, round(radius * 0.42)))
    inner = radius * (1 - _EDGE_SHARE / 2)
    box = (x - inner, y - inner, x + inner, y + inner)
    pen.ellipse(box, outline=fill, width=max(1, round(radius * 0.32)))


def _outline(shape: Shape, x: float, y: float, radius: float, angle: float) -> list[Point]:
    turn = math.radians(angle)
    cos, sin = math.cos(turn) * radius, math.sin(turn) * radius
    return [(x + px * cos - py * sin, y + px * sin + py * cos) for px, py in _POLYGONS[shape]]


def _star() -> list[Point]:
    corners = []
    for k in range(10):
        reach = 1.1 if k % 2 == 0 else 0.46
        corners.append((reach * math.sin(k * math.pi / 5), -reach * math.cos(k * math.pi / 5)))
    return corners


def _heart() -> list[Point]:
    points = []
    for k in range(48):
        t = 2 * math.pi * k / 48
        px = 16 * math.sin(t) ** 3
        py = 13 * math.cos(t) - 5 * math.cos(2 * t) - 2 * math.cos(3 * t) - math.cos(4 * t)
        points.append((px / 16.5, -(py + 2.5) / 16.5))
    return points


_POLYGONS: dict[Shape, list[Point]] = {
    "square": [(-0.84, -0.84), (0.84, -0.84), (0.84, 0.84), (-0.84, 0.84)],
    "triangle": [(0, -1.08), (1.0, 0.72), (-1.0, 0.72)],
    "star": _star(),
    "heart": _heart(),
    "diamond": [(0, -1.1), (0.68, 0), (0, 1.1), (-0.68, 0)],
    "cross": [
        *((-0.32, -1), (0.32, -1), (0.32, -0.32), (1, -0.32), (1, 0.32), (0.32, 0.32)),
        *((0.32, 1), (-0.32, 1), (-0.32, 0.32), (-1, 0.32), (-1, -0.32), (-0.32, -0.32)),
    ],
}

"""Import of many pictures: images per second and peak memory in a process of its own; then blinded pictures.

`BENCH_IMAGES=10000 make bench BENCH=import` for the full figure.
"""

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

IMAGES = int(os.environ.get("BENCH_IMAGES", "2000"))
GENERATORS = 4
SIDE = 512


def run() -> list[dict[str, Any]]:
    with tempfile.TemporaryDirectory(prefix="arena-bench-") as folder:
        environment = {
            **os.environ,
            "ARENA_VAR": f"{folder}/var",
            "DJANGO_SETTINGS_MODULE": "arena.settings",
            "LOG_LEVEL": "WARNING",
        }
        environment.pop("DATABASE_URL", None)
        environment.pop("MEDIA_ROOT", None)
        found: dict[str, Any] = {}
        for step in ("make", "import", "again", "render"):
            command = [sys.executable, "-m", "tests.bench.bench_import", step, folder]
            answer = subprocess.run(command, env=environment, check=True, stdout=subprocess.PIPE, text=True)
            found |= json.loads(answer.stdout.splitlines()[-1])
    size = f"{IMAGES:,} images of {SIDE} px"
    return [
        {"name": f"import from a ZIP, {size}", "value": found["import"], "unit": "images/s"},
        {
            "name": "  processor time, which other work hardly changes",
            "value": found["cpu"],
            "unit": "ms/image",
        },
        {"name": "  the transaction that writes all rows", "value": found["rows"], "unit": "s"},
        {"name": "  those who hear of new images (score rows)", "value": found["heard"], "unit": "s"},
        {"name": "  peak memory of the process", "value": found["rss"], "unit": "MB", "target": "< 400"},
        {"name": "the same import again (0 new)", "value": found["again"], "unit": "images/s"},
        {"name": "blinded pictures, box 768, JPEG, 2 threads", "value": found["render"], "unit": "images/s"},
        {"name": "blinded pictures, box 768, JPEG, 1 thread", "value": found["render_1"], "unit": "images/s"},
        {"name": "  processor time", "value": found["render_cpu"], "unit": "ms/image"},
    ]


def make(folder: Path) -> dict[str, float]:
    """Pictures as generators make them: smooth shapes with some grain, half PNG, half JPEG."""
    import io
    import random
    import zipfile

    from PIL import Image, ImageFilter

    chance = random.Random(1)
    with zipfile.ZipFile(folder / "study.zip", "w", zipfile.ZIP_STORED) as archive:
        lines = ["prompt_id,prompt,category,generator,image,seed"]
        for number in range(IMAGES):
            prompt, generator = divmod(number, GENERATORS)
            small = Image.frombytes("RGB", (16, 16), chance.randbytes(768))
            image = small.resize((SIDE, SIDE), Image.Resampling.BICUBIC)
            grain = Image.frombytes("L", (128, 128), chance.randbytes(16384)).resize((SIDE, SIDE))
            image = Image.blend(image, grain.filter(ImageFilter.GaussianBlur(1)).convert("RGB"), 0.08)
            out = io.BytesIO()
            kind = "PNG" if number % 2 else "JPEG"
            image.save(out, kind, **({"compress_level": 1} if kind == "PNG" else {"quality": 92}))
            name = f"images/{generator}/{prompt}.{kind.lower()}"
            archive.writestr(name, out.getvalue())
            lines.append(f"p{prompt},Prompt number {prompt},c{prompt % 6},g{generator},{name},1")
        archive.writestr("manifest.csv", "\n".join(lines))
    from django.core.management import call_command

    call_command("migrate", verbosity=0)
    return {}


def bring_in(folder: Path, key: str) -> dict[str, float]:
    import resource
    import time

    from annotations import signals
    from annotations.actions import manifests
    from annotations.models import Study

    study, _ = Study.objects.get_or_create(name="Bench")
    insert, send = manifests._insert, signals.images_stored.send
    spent = {"rows": 0.0, "heard": 0.0}

    def timed(name: str, work: Any) -> Any:
        def wrapped(*args: Any, **options: Any) -> Any:
            started = time.perf_counter()
            try:
                return work(*args, **options)
            finally:
                spent[name] += time.perf_counter() - started

        return wrapped

    manifests._insert = timed("rows", insert)
    signals.images_stored.send = timed("heard", send)
    started, processor = time.perf_counter(), time.process_time()
    manifests.import_folder(study=study, manifest_path=folder / "study.zip")
    seconds, processor = time.perf_counter() - started, time.process_time() - processor
    if key == "again":
        return {key: IMAGES / seconds}
    own = seconds - spent["heard"]
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    spent["rows"] -= spent["heard"]  # they are told when the transaction has ended
    return {key: IMAGES / own, "rss": peak, "cpu": processor / IMAGES * 1000, **spent}


def render() -> dict[str, float]:
    import time

    from annotations.actions import renditions
    from annotations.models import Image, Rendition, Study

    study = Study.objects.get()
    some = list(Image.objects.all()[:200])
    Rendition.objects.bulk_create(
        [Rendition(study=study, prompt_id=i.prompt_id, image=i, box_px=768) for i in some]
    )
    rates = {}
    for key, threads in (("render_1", 1), ("render", 2)):
        renditions.THREADS = threads
        study.renditions.update(path="")
        started, processor = time.perf_counter(), time.process_time()
        renditions.render_pending(study=study)
        rates[key] = len(some) / (time.perf_counter() - started)
        rates["render_cpu"] = (time.process_time() - processor) / len(some) * 1000
    return rates


def main() -> None:
    import django

    django.setup()
    step, folder = sys.argv[1], Path(sys.argv[2])
    steps = {"make": lambda: make(folder), "render": render}
    print(json.dumps(steps[step]() if step in steps else bring_in(folder, step)))


if __name__ == "__main__":
    main()

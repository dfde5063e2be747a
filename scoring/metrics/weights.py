"""Where weights lie, whether they are here, and whether they are the ones meant. Loads no torch and no
network."""

import os
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

# Set before huggingface_hub reads it: a missing file then fails in 0.03 s instead of half a minute of
# retries.
os.environ.setdefault("HF_HUB_OFFLINE", "1")

CONFIG_NAME = "open_clip_config.json"
# In the order in which open_clip itself prefers them.
CHECKPOINT_NAMES = (
    "open_clip_model.safetensors",
    "open_clip_pytorch_model.safetensors",
    "open_clip_pytorch_model.bin",
    "model.safetensors",
    "pytorch_model.bin",
)
# Pickled checkpoints known to be the published ones; any other must be pinned by the operator.
_KNOWN_PICKLES = {
    # laion/CLIP-ViT-H-14-laion2B-s32B-b79K
    "9a78ef8e8c73fd0df621682e7a8e8eb36c6916cb3c16b291a082ecd52ab79cc4",
}


@dataclass(frozen=True)
class Unavailable:
    """Weights that cannot be used now: a state, not a failure.

    Attributes
    ----------
    reason : str
        Why, in words.
    command : str
        What fetches or mends them; empty where no command can.
    """

    reason: str
    command: str = ""


@dataclass(frozen=True)
class Weights:
    """Weights that lie here.

    Attributes
    ----------
    path : Path
        The checkpoint file.
    sha256 : str
        Of the file.
    """

    path: Path
    sha256: str


def fetch_command(name: str) -> str:
    """The command that fetches the weights of extractor `name`."""
    return f"python manage.py fetch_weights {name}"


def weights_in_folder(folder: Path, *, name: str, pinned: str = "") -> Weights | Unavailable:
    """Look for a model folder's checkpoint.

    Parameters
    ----------
    folder : Path
        Holds `open_clip_config.json` and one checkpoint.
    name : str
        Of the extractor, for the message.
    pinned : str
        SHA-256 that the checkpoint must have; empty for any.
    """
    if not (folder / CONFIG_NAME).is_file():
        return Unavailable(f"the folder of {name} holds no {CONFIG_NAME}")
    present = [folder / file for file in CHECKPOINT_NAMES if (folder / file).is_file()]
    if not present:
        return Unavailable(f"the folder of {name} holds no checkpoint ({CHECKPOINT_NAMES[0]})")
    return weights_file(present[0], name=name, pinned=pinned)


def weights_on_hub(repository: str, *, name: str, pinned: str = "") -> Weights | Unavailable:
    """Look for a hub repository's checkpoint in the local cache, without asking the hub.

    Parameters
    ----------
    repository : str
        ``owner/name`` on the hub.
    name, pinned : str
        As `weights_in_folder`.
    """
    from huggingface_hub import try_to_load_from_cache

    for file in CHECKPOINT_NAMES:
        cached = try_to_load_from_cache(repository, file)
        if isinstance(cached, str):
            return weights_file(Path(cached), name=name, pinned=pinned)
    return Unavailable(f"the weights of {name} are not on this machine", fetch_command(name))


def weights_file(path: Path, *, name: str, pinned: str = "") -> Weights | Unavailable:
    """Check one checkpoint file: it is there, its checksum is the pinned one, and it cannot run code.

    Parameters
    ----------
    path : Path
        A `.safetensors` file, or any other kind of checkpoint whose SHA-256 is pinned.
    name, pinned : str
        As `weights_in_folder`.
    """
    if not path.is_file():
        return Unavailable(f"the weights file of {name} is absent")
    status = path.stat()
    try:
        found = _file_sha256(str(path), status.st_size, status.st_mtime_ns)
    except OSError as error:
        return Unavailable(f"the weights file of {name} cannot be read: {error.strerror}")
    if pinned and found != pinned:
        return Unavailable(f"the weights of {name} have SHA-256 {found}, not {pinned}", fetch_command(name))
    if path.suffix != ".safetensors" and not pinned and found not in _KNOWN_PICKLES:
        return Unavailable(
            f"{path.name} is a pickled checkpoint, loaded only when its checksum is pinned; "
            f"if you trust this file, set OPENCLIP_SHA256={found}"
        )
    return Weights(path, found)


@lru_cache(maxsize=32)
def _file_sha256(path: str, size: int, mtime_ns: int) -> str:
    """Size and time are part of the key, so that a replaced file is read again."""
    from scoring.metrics.decode import content_sha256

    return content_sha256(Path(path))

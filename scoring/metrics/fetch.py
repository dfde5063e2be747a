"""Fetch weights: the one place that asks the network, always on somebody's explicit wish.

Run as a program of its own (`python -m scoring.metrics.fetch MODEL [TAG]`), since huggingface_hub decides
once, when it is imported, whether it may go online.
"""

import os
import sys
import urllib.error
import urllib.request

from scoring.metrics.extractors import hub_repository
from scoring.metrics.weights import CHECKPOINT_NAMES, CONFIG_NAME


def fetch(model: str, tag: str = "") -> str:
    """Bring the weights of an open_clip model into the local cache.

    Parameters
    ----------
    model, tag : str
        As `extractors.open_clip_model` takes them.

    Returns
    -------
    str
        Path of the checkpoint.

    Raises
    ------
    RuntimeError
        When the model is not known or nothing could be fetched; the message says why.
    """
    repository = hub_repository(model, tag)
    if repository:
        return _from_hub(repository, with_config=model.startswith("hf-hub:"))
    from scoring.metrics.openclip import import_open_clip

    open_clip = import_open_clip()
    config = open_clip.pretrained.get_pretrained_cfg(model.replace("/", "-"), tag)
    if not config:
        known = ", ".join(open_clip.list_pretrained_tags_by_model(model)) or "none"
        raise RuntimeError(f"open_clip knows no weights {tag!r} for {model}; it knows: {known}")
    if config.get("hf_hub"):
        return _from_hub(config["hf_hub"].rsplit("/", 1)[0], with_config=False)
    return str(open_clip.pretrained.download_pretrained(config))


def _from_hub(repository: str, *, with_config: bool) -> str:
    from huggingface_hub import hf_hub_download
    from huggingface_hub.constants import ENDPOINT
    from huggingface_hub.errors import EntryNotFoundError

    _ask_once(f"{ENDPOINT}/api/models/{repository}")
    if with_config:
        hf_hub_download(repository, CONFIG_NAME)
    for name in CHECKPOINT_NAMES:
        try:
            return str(hf_hub_download(repository, name))
        except EntryNotFoundError:
            continue
    raise RuntimeError(f"{repository} holds none of {', '.join(CHECKPOINT_NAMES)}")


def _ask_once(address: str) -> None:
    """The hub's client tries for two minutes where nobody answers; one short question tells the same."""
    try:
        with urllib.request.urlopen(address, timeout=20):
            return
    except urllib.error.HTTPError as error:
        raise RuntimeError(f"{address} answers {error.code} {error.reason}") from error
    except OSError as error:
        raise RuntimeError(f"{address} cannot be reached: {getattr(error, 'reason', error)}") from error


if __name__ == "__main__":
    if os.environ.get("HF_HUB_OFFLINE", "0") not in ("0", ""):
        sys.exit("HF_HUB_OFFLINE is set: nothing can be fetched")
    try:
        print(fetch(*sys.argv[1:3]))
    except Exception as error:
        sys.exit(f"{type(error).__name__}: {error}")

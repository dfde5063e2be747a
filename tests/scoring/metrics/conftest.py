import json

import pytest

TINY = {
    "embed_dim": 8,
    "vision_cfg": {"layers": 1, "width": 16, "head_width": 8, "patch_size": 16, "image_size": 32},
    "text_cfg": {"context_length": 12, "vocab_size": 49408, "width": 16, "heads": 2, "layers": 1},
}


@pytest.fixture(scope="session")
def tiny_model_folder(tmp_path_factory):
    """A folder as `local-dir:` takes it, with a tiny CLIP of seeded random weights: for mechanics, never
    for scores."""
    import torch
    from safetensors.torch import save_file

    from scoring.metrics.openclip import import_open_clip

    folder = tmp_path_factory.mktemp("models") / "tiny-clip"
    folder.mkdir()
    (folder / "open_clip_config.json").write_text(json.dumps({"model_cfg": TINY, "preprocess_cfg": {}}))
    open_clip = import_open_clip()
    torch.manual_seed(0)
    model = open_clip.model.CLIP(**TINY)
    save_file(model.state_dict(), folder / "open_clip_model.safetensors")
    return folder

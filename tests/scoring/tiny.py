import json

TINY = {
    "embed_dim": 8,
    "vision_cfg": {"layers": 1, "width": 16, "head_width": 8, "patch_size": 16, "image_size": 32},
    "text_cfg": {"context_length": 12, "vocab_size": 49408, "width": 16, "heads": 2, "layers": 1},
}


def make_tiny_model(folder, seed=0):
    """A tiny CLIP of seeded random weights as a model folder: for the mechanics of scoring, never for
    scores."""
    import torch
    from safetensors.torch import save_file

    from scoring.metrics.openclip import import_open_clip

    folder.mkdir(parents=True)
    (folder / "open_clip_config.json").write_text(json.dumps({"model_cfg": TINY, "preprocess_cfg": {}}))
    open_clip = import_open_clip()
    torch.manual_seed(seed)
    save_file(open_clip.model.CLIP(**TINY).state_dict(), folder / "open_clip_model.safetensors")
    return folder

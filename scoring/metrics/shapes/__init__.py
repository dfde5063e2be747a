"""A small world of coloured shapes: scenes, their pictures, their captions, and a CLIP model that knows them.

`scene`, `draw`, `flaws` and `caption` need numpy and Pillow only; `train` and `evaluate` need torch.
"""

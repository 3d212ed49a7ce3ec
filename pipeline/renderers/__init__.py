"""Renderers turn scenes into frames: each is a record in `registry`, loaded once a worker.

Owns the protocol (`renderer`), the records (`kinds`), and the renderers that there are: `gaia` (tokenizer, world model,
decoder) and `procedural` (the procedural camera alone). `models` holds what a worker loads: a renderer and the checker.
It owns neither what is in a scene nor the verdicts on it. How to add one: docs/extending/renderers.md.
"""

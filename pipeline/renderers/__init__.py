"""Renderers turn scenes into frames: each is a record in `registry`, loaded once in each worker.

Owns the protocol (`renderer`), the records (`kinds`), and the renderers `gaia` (tokenizer, world model, decoder) and
`procedural` (the procedural camera only). `models` has what a worker loads: a renderer and the checker. Does not own
the content of a scene or the verdicts on it. How to add one: docs/extending/renderers.md.
"""

"""Networks: tensors in, tensors out.

Owns the tokenizer (picture -> discrete codes), the world model (codes, layers, actions, words -> codes to come), the
video decoder (codes, layers -> pictures), the checker's detector, their losses, samplers, presets and weights on disk.
Attention of every part goes through `attention.attend`. Sizes come from `presets`; each config stands beside its class.
Does not know what a scenario, a rollout, a file of footage or a run is, and imports nothing of ours.
"""

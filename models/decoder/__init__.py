"""The video decoder.

Owns its network, diffusion steps, windows, reprojection of known frames, and the critic of its adversarial training.
"""

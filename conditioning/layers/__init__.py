"""Control layers.

Owns the images that condition the networks, including the masks of body parts.
"""

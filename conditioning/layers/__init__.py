"""Control layers.

Owns the images that steer the networks, and the masks of body parts among them.
"""

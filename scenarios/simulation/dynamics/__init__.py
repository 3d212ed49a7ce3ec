"""Motion of one body.

Owns its state, paths, pedals, turning, sliding and collisions.
"""

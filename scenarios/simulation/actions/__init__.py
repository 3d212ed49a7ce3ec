"""Actions of the story as motion of bodies.

Owns the conversion of actions to targets, paths and lane changes.
"""

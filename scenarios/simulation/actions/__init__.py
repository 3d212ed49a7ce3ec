"""What an action of the story makes a body do.

Owns turning actions into targets, paths and lane changes.
"""

"""The procedural camera.

Owns shading, shadows, textures, weather and lamps; renders the frames of a rollout.
"""

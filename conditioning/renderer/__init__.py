"""The procedural camera.

Owns shading, shadows, textures, weather and lamps, and draws a rollout as frames.
"""

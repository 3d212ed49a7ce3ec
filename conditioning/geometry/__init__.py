"""Cameras and the rasteriser.

Owns projection, the view frustum, cuboids, and the z-buffer for triangles.
"""

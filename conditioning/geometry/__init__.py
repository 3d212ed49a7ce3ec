"""Cameras and the rasteriser.

Owns projection, view frustum, cuboids and the z-buffer that draws triangles.
"""

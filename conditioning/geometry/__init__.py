"""Cameras and the rasteriser.

Owns projection, the view frustum, cuboids, and the z-buffer for triangles.
"""

FIRST_RIG = "front"  # the cameras where no others are chosen; here, so that the command line knows it at once

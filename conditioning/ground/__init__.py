"""Owns the geometry of the road surface and its markings. Objects on the ground belong to other packages."""

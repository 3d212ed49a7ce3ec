"""Meshes of what can be drawn: bodies of every kind, buildings, trees, shelters, and their materials.

Owns shapes and colours only; where a body stands comes from the rollout, how it is lit from `renderer`.
"""

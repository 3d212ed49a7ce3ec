"""Verbs that add bodies to the scene, or remove them.

Owns falling loads, opening doors, and actors that appear or disappear at the scene's edge.
"""

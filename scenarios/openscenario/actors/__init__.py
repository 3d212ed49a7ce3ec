"""Actors of an OpenSCENARIO file.

Owns entities, initial actions, courses and surroundings.
"""

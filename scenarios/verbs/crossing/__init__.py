"""Verbs of actors that cross the road.

Owns crossing, stepping out from behind a parked body, and turning back.
"""

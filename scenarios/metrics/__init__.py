"""Criticality figures.

Owns the one definition of each (TTC, gaps, required deceleration), and the path of the ego.
"""

"""Criticality measures.

Owns the only definition of each (TTC, gaps, required deceleration), and the path of the ego.
"""

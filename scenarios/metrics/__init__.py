"""Criticality measures.

Owns the only definition of each: gap, distance and its side, TTC, headway, required deceleration, post-encroachment
time, RSS, and the near miss of a rollout. Triggers, checks, search, previews and reports call these. Knows no
simulation.
"""

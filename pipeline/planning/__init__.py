"""Plans.

Owns the forecast of how long a batch takes, from measured costs, and the simulation that verifies it.
"""

"""The simulation.

Owns the stepping of all bodies through time and the execution of the story's events. Returns a `Rollout`.
"""

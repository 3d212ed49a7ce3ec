"""The simulation.

Owns stepping all bodies through time and running the events of the story. Gives a `Rollout`.
"""

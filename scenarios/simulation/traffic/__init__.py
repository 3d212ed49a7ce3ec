"""Interaction of drivers with other traffic.

Owns car following, vision of drivers, traffic signals and yielding in roundabouts.
"""

"""Behaviour towards others.

Owns car following, vision of drivers, traffic signals and yielding in roundabouts.
"""

"""The storyboard of an OpenSCENARIO file.

Owns conditions, actions and trajectories.
"""

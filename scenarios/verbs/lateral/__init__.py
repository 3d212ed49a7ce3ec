"""Verbs that set the path of a body along the road.

Owns lane changes, moves within a lane, overtaking, pulling out, turning around, given trajectories, and skids.
"""

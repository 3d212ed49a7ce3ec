"""Verbs that need a junction, a roundabout, or a ramp.

Owns turns, stops at the line, running a red light, exits of a roundabout, and merging.
"""

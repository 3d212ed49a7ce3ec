"""Sweeps.

Owns axes, constraints and the expansion of one file into concrete variants.
"""

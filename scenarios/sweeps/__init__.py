"""Sweeps.

Owns axes, constraints and the expansion of one file to concrete variants.
"""

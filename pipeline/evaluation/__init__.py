"""Evaluation of the networks.

Owns the metrics on held-out clips, their tables, and the calibration of the checks.
"""

"""Datasets of many runs.

Owns publishing a run, merging runs, and deleting what no version refers to.
"""

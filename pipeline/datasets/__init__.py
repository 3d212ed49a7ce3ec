"""Datasets of many runs.

Owns the files that a run publishes, the merge of runs, and the deletion of unreferenced files.
"""

"""Batches.

Owns generating the clips of one run, resuming it, nightly runs, and telling metrics and webhooks of them.
"""

"""Batches.

Owns the generation of a run's clips, resuming a run, nightly runs, metrics and the webhook.
"""

"""Run folders.

Owns their layout, state, configuration, scenario sources, clip outcomes and status.
"""

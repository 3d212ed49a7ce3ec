"""The spec of a story's events.

Owns the mapping of an event with its action, and the compilation of both; the verbs come from `scenarios.verbs`.
"""

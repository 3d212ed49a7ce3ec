"""Events of a story as they are written.

Owns the mapping of one event, the one action in it, and what both compile to; the verbs that have a module of their
own come from `scenarios.verbs`.
"""

"""The spec of a story's events, and what became of them.

Owns the mapping of an event with its action, the compilation of both, and the comparison of what each event asked with
what happened in its rollout; the verbs come from `scenarios.verbs`.
"""

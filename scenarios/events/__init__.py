"""The spec of a story's events.

Owns the mapping of an event with its action, and the compilation of both; verbs with their own module come from
`scenarios.verbs`.
"""

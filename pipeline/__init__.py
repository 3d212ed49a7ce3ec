"""The only place that knows everything.

Owns: the map from a scenario to a finished clip (synthesize.py), the checks, run folders with resume and locks,
the workers (inline or Ray), training loops, evaluation and the command line.
Does not own: what a scenario means (scenarios), what a camera sees (conditioning), the networks' insides
(models) or file formats (outputs). Prefect wraps this package from outside, in flows.py.
"""

"""The only package that knows all others.

Owns the map from a scenario to a finished clip (`synthesize`) and its stages, `checks`, the executors (`engine`), run
folders (`runs`), batches and nightly runs (`batch`), datasets of many runs, search, planning, training, evaluation and
the command line (`cli`). Does not own what a scenario means (scenarios), what a camera sees (conditioning), the
networks' insides (models) or file formats (outputs). Prefect wraps this package from outside, in flows.py.
"""

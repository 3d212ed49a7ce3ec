"""The HTML report of a run.

Owns the page, plots and thumbnails. Verdicts come from the pipeline.
"""

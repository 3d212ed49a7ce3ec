"""The HTML report of a run.

Owns its page, plots and thumbnails. It decides nothing: verdicts come from the pipeline.
"""

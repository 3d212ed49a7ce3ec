"""Results of `nearmiss search`.

Owns their files and plots.
"""

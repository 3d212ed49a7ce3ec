"""Search for critical parameters.

Owns the search itself, the Pareto front and the severity measures.
"""

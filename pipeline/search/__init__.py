"""Search for critical parameters.

Owns the search, the Pareto frontier and the severity measures.
"""

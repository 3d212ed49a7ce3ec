"""Planning of batches.

Owns the forecast of a batch's duration from measured costs, and the simulation that verifies the forecast.
"""

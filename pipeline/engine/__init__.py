"""Executors.

Owns running items in this process or on Ray actors, graceful shutdown, locks, devices, and the event log.
"""

"""Owns OpenSCENARIO XML 1.0-1.3: import to scenario files, and export of scenarios.

Parses safely, checks against ASAM's schema first, and lists by name and line whatever the scenario language cannot
express. Roads come from `scenarios.opendrive`. Runs no simulation, except to export trajectories.
"""

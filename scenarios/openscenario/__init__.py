"""Owns OpenSCENARIO XML 1.0-1.3: files of it to scenario files in our language, and scenarios to files of it.

Reads with a hardened parser, checks against ASAM's schema first, and lists by name and line whatever our language
cannot say. Roads come from `scenarios.opendrive`. Does not roll out, except to export what a driver did.
"""

"""Verbs that set the speed of a body.

Owns braking, stopping, speeds that are changed or held, car following, waiting, and driving backwards.
"""

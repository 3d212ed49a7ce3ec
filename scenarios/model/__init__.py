"""Plain values of a scenario.

Owns bodies, environment, actions, triggers and driver models. No parsing, no motion.
"""

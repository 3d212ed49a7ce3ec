"""What the terminal shows.

Owns tables, progress bars and the list of shipped scenarios.
"""

"""The world as data: what a scenario file means, and what happens in it.

Owns the YAML language and its English story lines, units, faults, sweeps, roads, bodies, drivers' behaviour and
`Rollout`; `library/` holds the shipped corner cases by suite. `load.load` turns a file into concrete `Scenario`s
in SI units or raises every fault of the file at once; `simulate.simulate` turns one of them into a `Rollout`.
Knows nothing of cameras, pictures, networks, datasets or runs, and imports nothing else of this project.
"""

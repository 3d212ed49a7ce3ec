"""The world as data: the meaning of a scenario file, and its simulation.

Owns the YAML language (`source`, `spec`, `events`), its English (`story`), its verbs (`verbs`), sweeps, the compiler
from file to `Scenario`, roads, the simulation from `Scenario` to `Rollout`, criticality metrics, help for authors,
OpenSCENARIO and OpenDRIVE, and the shipped scenarios (`library`, `suites`). `load.load` reads a file into concrete
`Scenario`s in SI units or raises every error in it; `simulation.simulate.simulate` runs one. Does not know cameras,
networks, datasets or runs; imports nothing else of ours.
"""

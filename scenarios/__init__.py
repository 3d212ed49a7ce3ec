"""The world as data: what a scenario file means, and what happens in it.

Owns the YAML language (`source`, `spec`, `events`), its English (`story`), its verbs (`verbs`), sweeps, the compiler
from file to `Scenario`, roads, the simulation from `Scenario` to `Rollout`, criticality metrics, help for authors,
OpenSCENARIO and OpenDRIVE, and the shipped scenarios (`library`, `suites`). `load.load` reads a file into concrete
`Scenario`s in SI units or raises every error in it; `simulation.simulate.simulate` runs one. Does not know cameras,
networks, datasets or runs; imports nothing else of ours.
"""

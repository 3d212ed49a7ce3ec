"""Actor kinds. Owns what an actor can be: one record a kind, with its size, mass, dynamics, words and names in other
formats. How a kind is drawn stands in `conditioning.assets.kinds`, under the same name.

`listed` lists the kinds, `actor_kind` defines the record, `registry` finds and checks the records; each other module
holds the records of one or a few kinds. Imports `scenarios.source` only. See `docs/extending/actor-kinds.md`.
"""

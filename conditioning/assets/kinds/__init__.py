"""How actor kinds are drawn. Owns one record a kind: its mesh, its colours and lamps, the control layer that shows it,
the detector's class that knows it, and its word in captions.

`drawn_kind` defines the record, `registry` gathers and checks the records; the other modules have the names that
`scenarios.model.kinds.listed` gives, where the world's half of each record is.
"""

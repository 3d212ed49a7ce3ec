"""The records of how all kinds are drawn."""

from conditioning.assets.kinds.drawn_kind import DrawnKind
from scenarios.model.kinds.registry import KindRegistry, records_of


def _gathered() -> KindRegistry[DrawnKind]:
    records: list[DrawnKind] = list(records_of(__package__, "DRAWN"))
    return KindRegistry("drawing record", ((record.kind, record) for record in records))


DRAWN: KindRegistry[DrawnKind] = _gathered()

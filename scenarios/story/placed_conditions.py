"""Conditions whose form depends on where two actors start: how far one is from another, or ahead of it."""

from scenarios.source.units import LENGTH, NotAQuantity, quantity
from scenarios.spec.actor_references import ActorDescription, ActorIndex, AmbiguousReference


def away(of: str, to: str, values: dict[str, object], cast: ActorIndex) -> dict[str, object]:
    """'the ego is 2 s away from the van': the headway of the one behind; a TTC where they come towards each other."""
    one, other = cast.members.get(of), cast.members.get(to)
    if one is None or other is None:
        return {"headway": values | {"of": of, "to": to}}
    if one.oncoming != other.oncoming and one.speed_mps > 0 and other.speed_mps > 0:
        return {"ttc": values | {"of": of, "to": to}}
    behind, ahead = (to, of) if _is_behind(other, one) else (of, to)
    return {"headway": values | {"of": behind, "to": ahead}}


def _is_behind(one: ActorDescription, other: ActorDescription) -> bool:
    """Whether `one` starts behind `other` and drives towards it."""
    if one.along_m is None or other.along_m is None or one.speed_mps == 0:
        return False
    way = -1 if one.oncoming else 1
    return (other.along_m - one.along_m) * way > 0


def ahead_by(front: str, rear: str, by: str, cast: ActorIndex) -> dict[str, object]:
    """'it is 5 m ahead of the ego': one comes to be so, by a gap that shrinks or grows, or by passing."""
    try:
        way_m = quantity(by, LENGTH)
    except NotAQuantity as error:
        raise AmbiguousReference(f"{error.wanted}, instead of '{by}'") from error
    one, other = cast.members.get(front), cast.members.get(rear)
    if one is None or other is None:
        return {"gap": {"below": by, "of": front, "to": rear}}
    if one.along_m is None or other.along_m is None or one.oncoming != other.oncoming:
        raise AmbiguousReference(f"a gap: 'when the gap between {front} and {rear} is below {by}'")
    way = (one.along_m - other.along_m) * (-1 if other.oncoming else 1)
    if way <= 0:
        return {"all": [{"passed": {"of": front, "what": rear}}, {"gap": {"above": by, "of": front, "to": rear}}]}
    return {"gap": {"above" if way < way_m else "below": by, "of": front, "to": rear}}

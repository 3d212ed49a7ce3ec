"""Story lines as people say them, judged by hand: what `explain` says of each, or the reason why it is refused.

`python -m tests.scenarios.lines` prints the same of any other table of lines.
"""

import pytest

from tests.scenarios.lines import understood

STREET = """\
name: said
intent: A line as somebody says it.
duration: 9 s
road: {lanes: 3, opposite_lanes: 1}
ego: {lane: 1, speed: 45 km/h, drive: follow}
actors:
  lead: {kind: car, lane: 1, ahead: 30 m, speed: 45 km/h}
  tail: {kind: car, lane: 1, behind: 15 m, speed: 45 km/h}
  van: {kind: van, lane: 2, behind: 6 m, speed: 60 km/h}
  truck: {kind: truck, lane: 0, ahead: 12 m, speed: 40 km/h}
  rider: {kind: cyclist, lane: 0, ahead: 45 m, offset: -0.8 m, speed: 16 km/h}
  parked-car: {kind: car, side: right, ahead: 60 m, offset: 0.4 m}
  walker: {kind: pedestrian, side: right, ahead: 50 m, offset: 0.6 m}
  other: {kind: car, lane: oncoming, ahead: 110 m, speed: 45 km/h}
  box: {kind: crate}
story:
  - "LINE"
"""
UNDERSTOOD = [
    ("the car in front slows down at 3 m/s2 from t = 2 s",
     "lead brakes at 3 m/s^2 after 2 s"),
    ("in three seconds the lead car will stop",
     "lead brakes at 4 m/s^2 after 3 s"),
    ("truck brakes at .4 g after 1,5 s",
     "truck brakes at 3.92266 m/s^2 after 1.5 s"),
    ("truck brakes at 18 KM/H/S after １ s",
     "truck brakes at 5 m/s^2 after 1 s"),
    ("lead brakes suddenly when the ego is closer than 18 m",
     "lead brakes at 6 m/s^2 when the gap between the ego and lead is below 18 m"),
    ("the van brakes fully after 2 s",
     "van brakes as hard as the road allows after 2 s"),
    ("lead taps the brakes after 1 s",
     "lead brakes at 2 m/s^2 for 0.5 s after 1 s"),
    ("lead brakes gently for 2 s",
     "lead brakes at 2 m/s^2 for 2 s at the start"),
    ("lead slows down by 15 km/h",
     "lead changes speed to 30 km/h at 2 m/s^2 at the start"),
    ("truck speeds up to twice its speed within 6 s",
     "truck changes speed to 80 km/h within 6 s at the start"),
    ("the van and the lead brake hard after 1 s",
     "van brakes at 6 m/s^2 after 1 s | lead brakes at 6 m/s^2 after 1 s"),
    ("lead brakes hard after 1 s and the van cuts in after 2 s",
     "lead brakes at 6 m/s^2 after 1 s | van cuts in within 2 s after 2 s"),
    ("lead brakes after 1 s; one second later the van cuts in",
     "event-1: lead brakes at 4 m/s^2 after 1 s | van cuts in within 2 s 1 s after event-1 has begun"),
    ("lead brakes hard and stops",
     "event-1: lead brakes at 6 m/s^2 at the start | lead brakes at 4 m/s^2 when event-1 has ended"),
    ("van cuts in after 1 s and brakes at 3 m/s^2",
     "van cuts in within 2 s after 1 s | van brakes at 3 m/s^2 after 1 s"),
    ("lead slows to 30 km/h, keeps 30 km/h for 2 s and then speeds up to 50 km/h",
     "event-1: lead changes speed to 30 km/h at 2 m/s^2 at the start | "
     "event-2: lead holds 30 km/h for 2 s when event-1 has ended | "
     "lead changes speed to 50 km/h at 1.5 m/s^2 when event-2 has ended"),
    ("the van, after 2 s, cuts in",
     "van cuts in within 2 s after 2 s"),
    ("the van cuts in in front of the ego after 1 s",
     "van cuts in within 2 s in front of the ego after 1 s"),
    ("the van cuts in behind the lead after 1 s",
     "van moves into lead's lane within 2 s behind lead after 1 s"),
    ("the van cuts into the gap between the lead and the tail after 1 s",
     "van moves into lead's lane within 2 s between lead and tail after 1 s"),
    ("the van moves into the tail's lane after 1 s",
     "van moves into tail's lane within 2 s after 1 s"),
    ("the van cuts in when the ego is alongside",
     "van cuts in within 2 s when the ego is alongside van"),
    ("the van cuts in when it is 6 m ahead of the ego",
     "van cuts in within 2 s when van has passed the ego and the gap between van and the ego is above 6 m"),
    ("the van abruptly cuts in after 1 s",
     "van cuts in within 1 s after 1 s"),
    ("the van gently changes lane to the right after 1 s",
     "van changes lane to the right within 6 s after 1 s"),
    ("the van moves over one lane to the right",
     "van changes lane to the right within 4 s at the start"),
    ("the van moves 0.4 m to the right",
     "van drifts 0.4 m to the right of its lane's centre within 2 s at the start"),
    ("the rider moves 0.4 m to the left and comes back",
     "event-1: rider drifts 0.4 m to the right of its lane's centre within 2 s at the start | "
     "rider drifts 0.8 m to the right of its lane's centre within 2 s when event-1 has ended"),
    ("the rider moves left by 30 cm",
     "rider drifts 0.5 m to the right of its lane's centre within 2 s at the start"),
    ("the rider moves 0.3 m left, then 0.3 m right",
     "event-1: rider drifts 0.5 m to the right of its lane's centre within 2 s at the start | "
     "rider drifts 0.3 m to the right within 2 s when event-1 has ended"),
    ("the rider drifts 0.3 m to the left of its lane's centre",
     "rider drifts 0.3 m to the left of its lane's centre within 2 s at the start"),
    ("lead stops in 25 m",
     "lead stops within 25 m at the start"),
    ("lead brakes after 25 m",
     "lead brakes at 4 m/s^2 when lead has travelled 25 m"),
    ("lead stops for 1 s then drives on",
     "event-1: lead stops at 4 m/s^2 for 1 s at the start | lead holds 45 km/h when event-1 has ended"),
    ("walker crosses in front of the lead after 1 s",
     "walker crosses the road at 5 km/h in front of lead after 1 s"),
    ("walker crosses behind the ego after 1 s",
     "walker crosses the road at 5 km/h behind the ego after 1 s"),
    ("walker runs out in front of the ego after 1 s",
     "walker crosses the road at 8 km/h in front of the ego after 1 s"),
    ("walker crosses the road when the tail has passed",
     "walker crosses the road at 5 km/h when tail has passed walker"),
    ("walker crosses the road once lead has passed her",
     "walker crosses the road at 5 km/h when lead has passed walker"),
    ("someone crosses the road after 1 s",
     "walker crosses the road at 5 km/h after 1 s"),
    ("the parked car pulls out in front of the ego when the ego is 25 m away",
     "parked-car pulls out at 30 km/h in front of the ego when the gap between the ego and parked-car is below 25 m"),
    ("the parked car backs up 3 m",
     "parked-car reverses at 5 km/h for 3 m at the start"),
    ("the oncoming car drifts into the ego's lane when it is 3 s away",
     "other moves into the ego's lane within 2 s when the TTC of other to the ego is below 3 s"),
    ("the oncoming car brakes when the ego is 2 s away",
     "other brakes at 4 m/s^2 when the TTC of the ego to other is below 2 s"),
    ("lead brakes when the ego is 12 m behind it",
     "lead brakes at 4 m/s^2 when the gap between lead and the ego is below 12 m"),
    ("lead brakes when the ego is not closer than 30 m",
     "lead brakes at 4 m/s^2 when the gap between the ego and lead is above 30 m"),
    ("lead brakes when the ego's headway is below 1 s",
     "lead brakes at 4 m/s^2 when the headway of the ego to lead is below 1 s"),
    ("lead brakes after overtaking the rider",
     "lead brakes at 4 m/s^2 when lead has passed rider"),
    ("lead brakes 15 m before reaching the rider",
     "lead brakes at 4 m/s^2 when the gap between lead and rider is below 15 m"),
    ("lead brakes when the van has cut in",
     "lead brakes at 4 m/s^2 when van is in lane 1"),
    ("lead brakes when 2 s have elapsed",
     "lead brakes at 4 m/s^2 after 2 s"),
    ("lead brakes 2 s into the clip",
     "lead brakes at 4 m/s^2 after 2 s"),
    ("tail follows the ego",
     "tail follows at 45 km/h as driver r157 careful at the start"),
    ("the car behind the ego brakes",
     "tail brakes at 4 m/s^2 at the start"),
    ("the truck in lane 0 brakes",
     "truck brakes at 4 m/s^2 at the start"),
    ("the last car brakes",
     "tail brakes at 4 m/s^2 at the start"),
    ("lead loses control and spins 90 degrees after 1 s",
     "lead loses control turning 90 deg to the left after 1 s"),
    ("when the van is faster than 50 km/h, it cuts in",
     "van cuts in within 2 s when van is faster than 50 km/h"),
    ("a box falls from the truck after 1 s",
     "truck drops box from a height of 1.2 m after 1 s"),
    ("the truck loses its box after 1 s",
     "truck drops box from a height of 1.2 m after 1 s"),
]  # fmt: skip
REFUSED = [
    ("lead speeds up to 20 km/h", "a speed above the 45 km/h"),
    ("lead slows to 90 km/h", "a speed below the 45 km/h"),
    ("lead slows to 30 km/h, holds it for 2 s and then speeds up to 50 km/h", "not understood from 'it for 2 s"),
    ("lead brakes and the van cuts in after 2 s", "a time for each of them"),
    ("the van cuts in at a gap of 6 m", "'when the gap is below 6 m' for when it begins"),
    ("the van changes lane to the right in 3 s", "'within 3 s' for how long it takes, or 'after 3 s'"),
    ("lead stops after 25 m", "'stops within 25 m', or"),
    ("the parked car changes lane to the left", "'parked-car pulls out' of one that stands"),
    ("the oncoming car moves into the opposite lane", "'lane 0' or 'oncoming lane 0'"),
    ("lead follows the ego", "the actor ahead of lead in its lane at the start (none)"),
    ("the ego follows the tail", "the actor ahead of ego in its lane at the start (lead)"),
    ("the first car brakes", "'the first car' may be lead or tail"),
    ("the second car brakes", "'the second car' may be lead or tail"),
    ("lead crosses the road", "which drives along the road"),
    ("I brake after 2 s", "'the ego' or 'the ego's' instead of 'i'"),
    ("the van merges into our lane", "instead of 'our'"),
    ("leed brakes after 1 s", "did you mean lead?"),
    ("lead brakess after 1 s", "'lead brakes hard after 1.5 s'"),
    ("lead probably brakes", "'probably' does not describe lead"),
    ("lead brakes between 1 s and 3 s", "not understood from '1 s and 3 s'"),
    ("lead brakes unless the ego brakes", "not understood from 'unless"),
    ("lead braked after 1 s", "'lead brakes hard after 1.5 s'"),
    ("lead keeps a distance of 10 m", "not understood from 'a distance of 10 m'"),
    ("van brakes so that the gap is 5 m", "not understood from 'so that"),
    ("when the van has passed the lead, it brakes", "'it' may be van or lead"),
    ("walker crosses the road in front of the lead when it is 20 m away", "'it' may be walker or lead"),
    ("lead holds its speed behind the van", "no such place"),
    ("lead brakes in lane 1", "'lead brakes when it is in lane 1'"),
]  # fmt: skip


@pytest.mark.parametrize(("line", "meaning"), UNDERSTOOD, ids=[line for line, _ in UNDERSTOOD])
def test_a_line_is_understood_as_meant(line, meaning):
    known, said = understood(STREET.replace("LINE", line))
    assert known, said
    assert said.partition("   #")[0] == meaning


@pytest.mark.parametrize(("line", "reason"), REFUSED, ids=[line for line, _ in REFUSED])
def test_a_line_is_refused_with_its_reason(line, reason):
    known, said = understood(STREET.replace("LINE", line))
    assert not known and reason in said

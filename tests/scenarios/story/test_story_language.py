"""The complete language of story lines: every action and trigger in several words, and refusals with suggestions."""

import pytest

from scenarios.model.sides import Side
from scenarios.model.triggers import AllOf, AnyOf
from scenarios.scenario import (
    After,
    AfterDistance,
    AfterEvent,
    AtGap,
    AtHeadway,
    AtPlace,
    AtSpeed,
    AtStandstill,
    AtTTC,
    Event,
    Follow,
    HasPassed,
    HoldSpeed,
    InLane,
    LaneRef,
)
from scenarios.verbs.lateral.follow_trajectory import DriveTrajectory
from scenarios.verbs.lateral.lane_changes import ChangeLane, CutIn, CutOut
from scenarios.verbs.lateral.lose_control import LoseControl
from scenarios.verbs.lateral.offset import LaneOffset
from scenarios.verbs.longitudinal.brake import Brake, BrakeHardest
from scenarios.verbs.longitudinal.change_speed import ChangeSpeed, Profile
from scenarios.verbs.longitudinal.reverse import Reverse
from scenarios.verbs.longitudinal.stop import Stop
from scenarios.verbs.scene.drop import Drop
from scenarios.verbs.scene.scene_edge import Appear, Disappear
from tests.scenarios.street import events, refusal, same

KMH, DEG = 1 / 3.6, 0.017453292519943295
NOW = After(0.0)
BRAKES = Brake(4.0)


def when(trigger, actor: str = "lead") -> Event:
    """The trigger of a line in which an actor brakes."""
    return Event(actor, trigger, BRAKES)


ACTIONS = [
    ("lead brakes as hard as the road allows", Event("lead", NOW, BrakeHardest())),
    ("lead brakes as hard as possible until 20 km/h", Event("lead", NOW, BrakeHardest(20 * KMH))),
    ("lead brakes with all its grip after 2 s", Event("lead", After(2.0), BrakeHardest())),
    ("lead halts", Event("lead", NOW, BRAKES)),
    ("lead stops at 3 m/s^2", Event("lead", NOW, Brake(3.0))),
    ("lead stops hard", Event("lead", NOW, Brake(6.0))),
    ("lead stops within 20 m", Event("lead", NOW, Stop(None, 20.0, 0.0))),
    ("lead comes to a halt over 30 m after 1 s", Event("lead", After(1.0), Stop(None, 30.0, 0.0))),
    ("lead stops for 2 s", Event("lead", NOW, Stop(4.0, None, 2.0))),
    ("lead stops within 25 m for three seconds", Event("lead", NOW, Stop(None, 25.0, 3.0))),
    ("lead stops within 4 s", Event("lead", NOW, ChangeSpeed(0.0, None, Profile.LINEAR, 4.0))),
    ("lead speeds up to 60 km/h within 3 s", Event("lead", NOW, ChangeSpeed(60 * KMH, None, Profile.LINEAR, 3.0))),
    ("lead accelerates smoothly to 60 km/h", Event("lead", NOW, ChangeSpeed(60 * KMH, 1.5, Profile.SMOOTH))),
    ("lead picks up speed to 60 km/h evenly", Event("lead", NOW, ChangeSpeed(60 * KMH, 1.5))),
    ("lead slows to 10 km/h smoothly within 5 s", Event("lead", NOW, ChangeSpeed(10 * KMH, None, Profile.SMOOTH, 5.0))),
    ("lead changes speed to 30 km/h at 1 m/s^2", Event("lead", NOW, ChangeSpeed(30 * KMH, 1.0))),
    ("lead adjusts its speed to 70 km/h", Event("lead", NOW, ChangeSpeed(70 * KMH, 1.5))),
    ("lead holds 30 km/h for 2 s", Event("lead", NOW, HoldSpeed(30 * KMH, 2.0))),
    ("lead keeps its speed for two seconds", Event("lead", NOW, HoldSpeed(50 * KMH, 2.0))),
    ("lead carries on at 45 km/h", Event("lead", NOW, HoldSpeed(45 * KMH))),
    ("ego follows traffic at 50 km/h like driver idm", Event("ego", NOW, Follow(50 * KMH, "idm"))),
    ("ego follows lead as driver aeb r157 for 3 s", Event("ego", NOW, Follow(40 * KMH, "aeb r157", 3.0))),
    ("truck reverses", Event("truck", NOW, Reverse(5 * KMH, None))),
    ("the truck backs up at 3 km/h for 6 m", Event("truck", NOW, Reverse(3 * KMH, 6.0))),
    ("the parked truck drives backwards by 10 m after 1 s", Event("truck", After(1.0), Reverse(5 * KMH, 10.0))),
    ("the truck rolls back at walking pace", None),
    ("van cuts off the ego", Event("van", NOW, CutIn(2.0))),
    ("the van pulls in in front of the ego", Event("van", NOW, CutIn(2.0))),
    ("lead cuts out", Event("lead", NOW, CutOut(None, 2.0))),
    ("lead cuts out to the left within 1.5 s", Event("lead", NOW, CutOut(Side.LEFT, 1.5))),
    ("lead leaves its lane to the right", Event("lead", NOW, CutOut(Side.RIGHT, 2.0))),
    ("lead pulls out of its lane after 1 s", Event("lead", After(1.0), CutOut(None, 2.0))),
    ("the lead car swerves out to the left", Event("lead", NOW, CutOut(Side.LEFT, 2.0))),
    ("van changes lane to the right within 3 s", Event("van", NOW, ChangeLane(Side.RIGHT, 3.0))),
    ("the van switches lanes to the right", Event("van", NOW, ChangeLane(Side.RIGHT, 4.0))),
    ("lead moves over to the left lane", Event("lead", NOW, ChangeLane(Side.LEFT, 4.0))),
    ("lead changes into the right-hand lane over 5 s", Event("lead", NOW, ChangeLane(Side.RIGHT, 5.0))),
    ("lead swerves into lane 0 within 2 s", Event("lead", NOW, ChangeLane(LaneRef(0), 2.0))),
    ("van moves into the oncoming lane", Event("van", NOW, ChangeLane(LaneRef(0, True), 4.0))),
    ("van moves to oncoming lane 0", Event("van", NOW, ChangeLane(LaneRef(0, True), 4.0))),
    ("lead drifts 0.5 m to the left", Event("lead", NOW, LaneOffset(0.5, 2.0))),
    ("lead moves half a metre to the right within 1 s", Event("lead", NOW, LaneOffset(-0.5, 1.0))),
    ("lead shifts by 40 cm to the right in its lane", Event("lead", NOW, LaneOffset(-0.4, 2.0))),
    ("the bus drifts to the left by 1 m", Event("bus", NOW, LaneOffset(1.0, 2.0))),
    ("lead edges 0.3 m to the left of its lane's centre", Event("lead", NOW, LaneOffset(0.3, 2.0))),
    ("lead returns to the middle of its lane", Event("lead", NOW, LaneOffset(0.0, 2.0))),
    ("lead follows the trajectory (1 s, 14 m, 0 m), (2 s, 27 m, 1 m)",
     Event("lead", NOW, DriveTrajectory(((1.0, 14.0, 0.0), (2.0, 27.0, 1.0))))),
    ("lead takes the path (2 s, 20 m, -1.5 m) after 1 s",
     Event("lead", After(1.0), DriveTrajectory(((2.0, 20.0, -1.5),)))),
    ("lead loses control", Event("lead", NOW, LoseControl(90 * DEG))),
    ("lead skids to the right", Event("lead", NOW, LoseControl(-90 * DEG))),
    ("van spins by 180 degrees to the left after 1 s", Event("van", After(1.0), LoseControl(180 * DEG))),
    ("lead goes into a skid turning 45 deg", Event("lead", NOW, LoseControl(45 * DEG))),
    ("the van loses grip by 120° to the right", Event("van", NOW, LoseControl(-120 * DEG))),
    ("bus appears after 1 s", Event("bus", After(1.0), Appear())),
    ("the bus enters the scene", Event("bus", NOW, Appear())),
    ("the oncoming bus comes into the scene at the edge", Event("bus", NOW, Appear())),
    ("lead disappears", Event("lead", NOW, Disappear())),
    ("the van leaves the scene after 2 s", Event("van", After(2.0), Disappear())),
    ("lead vanishes at the scene's edge", Event("lead", NOW, Disappear())),
]  # fmt: skip
ACTIONS = [(said, event) for said, event in ACTIONS if event is not None]

TRIGGERS = [
    ("lead brakes when the gap is below 10 m", when(AtGap("lead", "ego", 10.0))),
    ("lead brakes when the gap to the ego is less than 10 m", when(AtGap("lead", "ego", 10.0))),
    ("when the gap to the ego drops below ten metres, lead brakes", when(AtGap("lead", "ego", 10.0))),
    ("lead brakes once the distance between it and the truck falls under 12 m", when(AtGap("lead", "truck", 12.0))),
    ("lead brakes when the gap of the van to the bus shrinks to 20 m", when(AtGap("van", "bus", 20.0))),
    ("lead brakes when the gap is more than 30 m", when(AtGap("lead", "ego", 30.0, False))),
    ("lead brakes as soon as its gap to the van exceeds 25 m", when(AtGap("lead", "van", 25.0, False))),
    ("lead brakes at a gap of 8 m", when(AtGap("lead", "ego", 8.0))),
    ("lead brakes when the gap to the lead is below 8 m", when(AtGap("ego", "lead", 8.0))),
    ("lead brakes when the ego is within 10 m of it", when(AtGap("ego", "lead", 10.0))),
    ("when the ego gets closer than 10 m to the van, lead brakes", when(AtGap("ego", "van", 10.0))),
    ("lead brakes when the ego comes within 2 s of the truck", when(AtHeadway("ego", "truck", 2.0))),
    ("lead brakes when the TTC to the ego is below 4 s", when(AtTTC("lead", "ego", 4.0))),
    ("lead brakes when its TTC to the truck is below 4 s", when(AtTTC("lead", "truck", 4.0))),
    ("lead brakes when its headway to the truck falls below 1 s", when(AtHeadway("lead", "truck", 1.0))),
    ("lead brakes when the headway to the truck falls below 1 s", when(AtHeadway("lead", "truck", 1.0))),
    ("the ego brakes when its headway to the lead is below 1 s", when(AtHeadway("ego", "lead", 1.0), "ego")),
    ("lead brakes when the ego is 10 m away", when(AtGap("ego", "lead", 10.0))),
    ("lead brakes when the ego is within 10 m off", when(AtGap("ego", "lead", 10.0))),
    ("the ego brakes when the gap is below 9 m", when(AtGap("ego", "lead", 9.0), "ego")),
    ("lead brakes at a TTC of 1.5 s", when(AtTTC("ego", "lead", 1.5))),
    ("lead brakes at a time to collision below 2 s", when(AtTTC("ego", "lead", 2.0))),
    ("lead brakes when the TTC is 1.5 s", when(AtTTC("ego", "lead", 1.5))),
    ("lead brakes if the TTC of the van to the bus gets below 3 s", when(AtTTC("van", "bus", 3.0))),
    ("the ego brakes when the time to collision falls below two seconds", when(AtTTC("ego", "lead", 2.0), "ego")),
    ("lead brakes at a headway of 1 s", when(AtHeadway("ego", "lead", 1.0))),
    ("lead brakes when the ego is 2 s away", when(AtHeadway("ego", "lead", 2.0))),
    ("lead brakes when the ego is one and a half seconds away", when(AtHeadway("ego", "lead", 1.5))),
    ("lead brakes when the ego is 2 s away from the truck", when(AtHeadway("ego", "truck", 2.0))),
    ("lead brakes when the time gap of the ego to the van is under 0.8 s", when(AtHeadway("ego", "van", 0.8))),
    ("lead brakes when the headway is above 3 s", when(AtHeadway("ego", "lead", 3.0, False))),
    ("lead brakes when it is slower than 30 km/h", when(AtSpeed("lead", 30 * KMH, True))),
    ("lead brakes when the ego is faster than 60 km/h", when(AtSpeed("ego", 60 * KMH, False))),
    ("lead brakes when the ego's speed is below 20 km/h", when(AtSpeed("ego", 20 * KMH, True))),
    ("lead brakes once its speed exceeds 55 km/h", when(AtSpeed("lead", 55 * KMH, False))),
    ("lead brakes when the van reaches 60 km/h", when(AtSpeed("van", 60 * KMH, False))),
    ("lead brakes when the ego stands still", when(AtStandstill("ego"))),
    ("when the van has stopped, lead brakes", when(AtStandstill("van"))),
    ("when the van stops the lead car brakes", when(AtStandstill("van"))),
    ("van cuts in at standstill", Event("van", AtStandstill("van"), CutIn(2.0))),
    ("lead brakes when it has travelled 40 m", when(AfterDistance("lead", 40.0))),
    ("once the ego has driven fifty metres lead brakes", when(AfterDistance("ego", 50.0))),
    ("lead brakes when it reaches 60 m along the road", when(AtPlace("lead", 60.0))),
    ("lead brakes when the ego has reached 80 m down the road", when(AtPlace("ego", 80.0))),
    ("lead brakes when the van is in lane 1", when(InLane("van", LaneRef(1)))),
    ("lead brakes when the van enters the ego's lane", when(InLane("van", LaneRef(1)))),
    ("lead brakes when the van gets into the oncoming lane", when(InLane("van", LaneRef(0, True)))),
    ("lead brakes once it has passed the parked truck", when(HasPassed("lead", "truck"))),
    ("after the ego has overtaken it, lead brakes", when(HasPassed("ego", "lead"))),
    ("lead brakes as soon as the bus is past", None),
    ("lead brakes when load has ended", when(AfterEvent("load"))),
    ("lead brakes once load is over", when(AfterEvent("load"))),
    ("lead brakes 1 s after load has finished", when(AfterEvent("load", 1.0))),
    ("half a second after load has ended, lead brakes", when(AfterEvent("load", 0.5))),
    ("lead keeps 30 km/h after load has ended", Event("lead", AfterEvent("load"), HoldSpeed(30 * KMH))),
    ("the first pedestrian crosses after two seconds", None),
    ("lead brakes, when the ego is 12 m away", when(AtGap("ego", "lead", 12.0))),
]  # fmt: skip
TRIGGERS = [(said, event) for said, event in TRIGGERS if event is not None]


@pytest.mark.parametrize(("sentence", "event"), ACTIONS + TRIGGERS, ids=[s for s, _ in ACTIONS + TRIGGERS])
def test_sentences_become_events(sentence, event):
    (understood,) = events(f'"{sentence}"')
    assert same(understood, event)


def test_cargo_is_dropped():
    for said, height in (
        ("the moving truck loses the crate", 1.2),
        ("lorry-2 drops crate from 0.8 m onto the road", 0.8),
    ):
        text = _street_with(f"load: {said} after 1 s")
        assert Drop("crate", height) in [event.do for event in text.events]


def _street_with(load: str):
    from tests.scenarios.street import STREET, street

    return street(text=STREET.replace("load: lorry-2 drops crate after 5.8 s", load))


# -- chains and references -----------------------------------------------------------------------------------------

CHAINS = [
    ("lead brakes until 20 km/h and then speeds up to 50 km/h",
     [("lead", NOW, Brake(4.0, 20 * KMH)), ("lead", AfterEvent("event-3"), ChangeSpeed(50 * KMH, 1.5))]),
    ("lead brakes to 20 km/h, then changes lane to the left, then holds 30 km/h",
     [("lead", NOW, Brake(4.0, 20 * KMH)), ("lead", AfterEvent("event-3"), ChangeLane(Side.LEFT, 4.0)),
      ("lead", AfterEvent("event-4"), HoldSpeed(30 * KMH))]),
    ("van cuts in and then the ego brakes hard",
     [("van", NOW, CutIn(2.0)), ("ego", AfterEvent("event-3"), Brake(6.0))]),
    ("van cuts in, and then after 1 s it brakes",
     [("van", NOW, CutIn(2.0)), ("van", AfterEvent("event-3", 1.0), BRAKES)]),
    ("van cuts in; then it brakes 2 s later", [("van", NOW, CutIn(2.0)), ("van", AfterEvent("event-3", 2.0), BRAKES)]),
    ("van cuts in and then brakes when the gap is below 5 m",
     [("van", NOW, CutIn(2.0)), ("van", AllOf((AfterEvent("event-3"), AtGap("van", "ego", 5.0))), BRAKES)]),
    ("van cuts in and then brakes when the gap is below 5 m and the ego is faster than 36 km/h",
     [("van", NOW, CutIn(2.0)),
      ("van", AllOf((AfterEvent("event-3"), AtGap("van", "ego", 5.0), AtSpeed("ego", 10.0, False))), BRAKES)]),
    ("van cuts in and then brakes when the gap is below 5 m or lead stands still",
     [("van", NOW, CutIn(2.0)),
      ("van", AnyOf((AllOf((AfterEvent("event-3"), AtGap("van", "ego", 5.0))),
                     AllOf((AfterEvent("event-3"), AtStandstill("lead"))))), BRAKES)]),
    ("lead stops for 2 s and after that reverses for 5 m",
     [("lead", NOW, Stop(4.0, None, 2.0)), ("lead", AfterEvent("event-3"), Reverse(5 * KMH, 5.0))]),
    ("when it has passed the truck, the lead car brakes to 20 km/h and then cuts out",
     [("lead", HasPassed("lead", "truck"), Brake(4.0, 20 * KMH)), ("lead", AfterEvent("event-3"), CutOut(None, 2.0))]),
]  # fmt: skip


@pytest.mark.parametrize(("line", "meant"), CHAINS, ids=[line for line, _ in CHAINS])
def test_and_then_begins_when_the_former_event_has_ended(line, meant):
    understood = events(f'"{line}"')
    assert len(understood) == len(meant)
    assert all(same(one, Event(*other)) for one, other in zip(understood, meant, strict=True))


def test_a_line_may_continue_the_line_before_it():
    first, second, third = events("van cuts in", "then it brakes", "it keeps 20 km/h afterwards")
    assert same(second, Event("van", AfterEvent(first.name), BRAKES))
    assert same(third, Event("van", AfterEvent(second.name), HoldSpeed(20 * KMH)))


def test_a_line_may_have_a_name_and_be_referred_to_by_earlier_lines():
    waits, slow = events("van cuts in when slow has ended", "slow: lead brakes until 20 km/h")
    if slow.name != "slow":
        waits, slow = slow, waits
    assert same(waits, Event("van", AfterEvent("slow"), CutIn(2.0)))
    assert slow.name == "slow"


def test_the_name_of_a_chain_is_that_of_its_last_event():
    told = {e.name: e for e in events("calm: lead brakes until 20 km/h and then speeds up to 40 km/h")}
    assert isinstance(told["calm"].do, ChangeSpeed)


@pytest.mark.parametrize(
    ("who", "actor"),
    [
        ("the lead car", "lead"), ("the leading vehicle", "lead"), ("the following car", "tail"),
        ("the last car", "tail"), ("the second truck", "lorry-2"), ("the first truck", "truck"),
        ("the moving truck", "lorry-2"), ("the first car", "lead"),
        ("the oncoming bus", "bus"), ("the van", "van"), ("lorry-2", "lorry-2"),
    ],
)  # fmt: skip
def test_actors_are_found_by_their_descriptions(who, actor):
    (event,) = events(f"{who} speeds up to 60 km/h")
    assert event.actor == actor


@pytest.mark.parametrize(
    ("who", "actor"),
    [
        ("the first pedestrian", "walker"),
        ("the second pedestrian", "second-walker"),
        ("the 2nd adult", "second-walker"),
    ],
)
def test_pedestrians_are_counted_in_the_order_of_the_file(who, actor):
    (event,) = events(f"{who} crosses at 5 km/h")
    assert event.actor == actor


# -- what is refused -----------------------------------------------------------------------------------------------

REFUSED = [
    ("it brakes", None),
    ("the fourth truck brakes", ["an existing actor instead of 'the fourth truck'", "only truck, lorry-2"]),
    ("lead brakes when the gap is 10", ["bare number has no unit"]),
    ("lead brakes when the gap is below 10 s", ["this is a time"]),
    ("lead brakes when the gap is small", ["not understood from 'small'", "a phrase such as 'lead brakes"]),
    ("lead brakes when the TTC is above 2 s", ["not understood from 'above"]),
    ("lead brakes when the gap between lead and lead is below 9 m", ["lead and itself", "two different actors"]),
    ("lead brakes when the gap to the zeppelin is below 9 m", ["'zeppelin' describes none"]),
    ("lead brakes when it has passed it", ["lead passing itself"]),
    ("lead brakes when it is in lane 5", ["lane 5", "one of lane 0, lane 1, lane 2"]),
    ("lead brakes when it enters the van's lane", ["a lane by its number, or the ego's lane"]),
    ("lead brakes when slow has ended", ["'slow'", "an event of this story"]),
    ("lead brakes when laod has ended", ["did you mean load"]),
    ("lead brakes when event-3 has ended", ["waits for 'event-3' itself", "do not wait for each other"]),
    ("lead brakes 1 s after the van has stopped", ["a delay only after an event"]),
    ("lead holds 30 km/h and then brakes", ["never ends by itself", "for: 2 s"]),
    ("the van passes the ego", ["this is a condition", "'... when the van passes the ego'"]),
    ("lead brakes and cuts out after 1 s", ["a time for each action"]),
    ("the second car brakes", ["'the second car' may be lead or tail; first, second ... count those ahead"]),
    ("the last truck brakes", ["'the last truck' may be truck or lorry-2"]),
    ("lead brakes and then dances", ["not understood from 'dances'"]),
    ("lead brakes as hard as the road allows at 3 m/s^2", ["'decel' given once, not twice"]),
    ("lead stops within 20 m at 4 m/s^2", ["both decel and within"]),
    ("lead stops within 20 km/h", ["a length"]),
    ("lead stops within 4 s for 2 s", ["'lead stops within 20 m for 2 s'"]),
    ("lead speeds up to 60 km/h at 2 m/s^2 within 3 s", ["both rate and within"]),
    ("lead changes speed smoothly", ["the speed to reach: 'lead changes speed to 30 km/h'"]),
    ("the truck stops", ["truck stopping, which stands"]),
    ("lead reverses at 20 km/h", ["a speed from", "10.8 km/h"]),
    ("rider reverses", ["a cyclist going backwards"]),
    ("van cuts out", ["van, which is not ahead in the ego's lane"]),
    ("lead changes lane", ["the side: 'lead changes lane to the left'"]),
    ("lorry-2 changes lane to the right", ["no lane on the right of lorry-2", "a lane on its left"]),
    ("the bus changes lane to the right", ["no lane on the right of bus"]),
    ("lead moves to lane 4", ["lane 4", "one of lane 0"]),
    ("van moves to oncoming lane 1", ["oncoming lane 1", "one of oncoming lane 0"]),
    ("walker changes lane to the left", ["a pedestrian, which does not keep to a lane"]),
    ("lead drifts 3 m to the left", ["from -2 m to 2 m"]),
    ("lead drifts to the left", ["it breaks off", "'lead drifts 0.5 m to the right after 1 s'"]),
    ("lead follows the trajectory", ["'trajectory' describes none"]),
    ("lead follows the trajectory (2 s, 20 m, 0 m), (1 s, 30 m, 0 m)", ["their times above 0 s and rising"]),
    ("lead follows the trajectory (1 s, 20 m)", ["not understood"]),
    ("truck loses control", ["truck losing control, which stands"]),
    ("walker skids", ["a pedestrian that skids"]),
    ("rider loses control turning 90 deg", ["a cyclist that skids"]),
    ("lead skids by 20 m", ["an angle"]),
    ("lead drops the van", ["van, which already has a place"]),
    ("lead drops the child", ["a child", "a thing"]),
    ("walker drops the crate", ["a pedestrian that carries a load"]),
    ("the crate brakes", ["a barrier, which cannot move"]),
    ("lead appears", ["inside the scene", "ahead: 100 m"]),
    ("the ego disappears", ["another actor: the scene is where the ego is"]),
    ("lead turns left at the junction", ["a road without junction", "such as {at: 40 m}"]),
    ("brakes hard", ["an actor, with a phrase such as"]),
    ("then", ["a phrase such as"]),
    ("when the gap is below 10 m", ["it breaks off"]),
    ("after 1 s", ["'after 1 s'"]),
    ("{actor: lead, when: {}, do: {brake: {decel: 4 m/s^2}}}", ["no trigger", "one of after, ended, begun, gap"]),
    ("{actor: lead, when: {gap: {}}, do: {brake: {decel: 4 m/s^2}}}", ["neither below nor above"]),
    ("{actor: lead, when: {gap: {below: 4 m, above: 9 m}}, do: disappear}", ["both below and above"]),
    ("{actor: lead, when: {gap: {of: laed, below: 4 m}}, do: disappear}", ["when.gap.of", "did you mean lead"]),
    ("{actor: lead, when: {ttc: {below: 4 m}}, do: disappear}", ["story.2.when.ttc.below", "this is a length"]),
    ("{actor: lead, when: {ended: Slow Down}, do: disappear}", ["story.2.when.ended"]),
    ("{id: load, actor: lead, when: {after: 1 s}, do: disappear}", ["the name 'load' a second time"]),
    ("{actor: lead, when: {after: 1 s}, do: {brake: {decel: softest}}}", ["story.2.do.brake.decel"]),
    ("{actor: lead, when: {after: 1 s}, do: {change_lane: {to: up}}}", ["story.2.do.change_lane.to", "a lane's"]),
    ("{actor: lead, when: {after: 1 s}, do: {follow_trajectory: {points: []}}}", ["from one to 200 points"]),
    ("{actor: lead, when: {after: 1 s}, do: {drop: {}}}", ["story.2.do.drop.cargo", "an actor without a place"]),
    ("{slow: {actor: lead}}", ["an unknown key"]),
]  # fmt: skip
REFUSED = [(said, advice) for said, advice in REFUSED if advice is not None]


@pytest.mark.parametrize(("sentence", "said"), REFUSED, ids=[s[:60] for s, _ in REFUSED])
def test_impossible_lines_are_refused_with_a_correction(sentence, said):
    message = refusal(sentence if sentence.startswith("{") else f'"{sentence}"')
    assert [part for part in said if part not in message] == []


def test_at_least_two_hundred_sentences_are_tested():
    from tests.scenarios.story import test_story as older

    tried = [ACTIONS, TRIGGERS, CHAINS, REFUSED, older.UNDERSTOOD, older.STEPS_OUT, older.REFUSED]
    assert sum(map(len, tried)) >= 200


def test_a_line_that_is_not_understood_is_reported_once_even_if_others_continue_it():
    message = refusal("lead dances", "then it brakes", "it holds 20 km/h afterwards")
    assert message.count("story.") == 1


def test_events_that_wait_for_each_other_are_refused():
    message = refusal("one: lead brakes when two has ended", "two: van cuts in when one has ended")
    assert "events that do not wait for each other" in message

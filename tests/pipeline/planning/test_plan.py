"""Plan of a run: its clips, their files, and the messages about files that are left out."""

import pytest

from pipeline.batch.generate import NoLog, NoObserver, NothingToMake, generate, make_plan
from pipeline.runs.run_config import ExecutionConfig, RunConfig
from pipeline.runs.scenario_sources import NotFound, find
from scenarios.load import library, suites
from tests.pipeline.situations import case


@pytest.fixture
def cases(tmp_path):
    folder = tmp_path / "cases"
    folder.mkdir()
    (folder / "three.yaml").write_text(case(3))
    return folder


def request(newborn_weights, tmp_path, *paths, **others) -> RunConfig:
    return RunConfig(paths=tuple(map(str, paths)), out=tmp_path / "run", weights=newborn_weights, **others)


def test_every_variant_has_every_seed_and_its_own_id(cases, tmp_path, newborn_weights):
    plan = make_plan(request(newborn_weights, tmp_path, cases, seeds=(0, 1)))
    assert len(plan.jobs) == 6
    assert len({job.clip for job in plan.jobs}) == 6
    assert plan == make_plan(request(newborn_weights, tmp_path, cases, seeds=(0, 1)))


def test_a_limit_takes_the_first(cases, tmp_path, newborn_weights):
    everything = make_plan(request(newborn_weights, tmp_path, cases)).jobs
    assert make_plan(request(newborn_weights, tmp_path, cases, limit=2)).jobs == everything[:2]


def test_an_invalid_file_is_reported_and_the_others_are_planned(cases, tmp_path, newborn_weights):
    (cases / "bad.yaml").write_text("name: bad\nduration: 6\n")
    plan = make_plan(request(newborn_weights, tmp_path, cases))
    assert len(plan.jobs) == 3
    assert [fault.path.name for fault in plan.faults] == ["bad.yaml"]


def test_with_only_invalid_files_no_run_is_started(tmp_path, newborn_weights):
    (tmp_path / "bad.yaml").write_text("name: bad\n")
    with pytest.raises(NothingToMake, match=r"bad\.yaml"):
        generate(
            request(newborn_weights, tmp_path, tmp_path / "bad.yaml"), ExecutionConfig(use_ray=False), NoObserver()
        )
    assert not (tmp_path / "run").exists()


def test_a_file_given_twice_is_made_once(cases, tmp_path, newborn_weights):
    assert len(make_plan(request(newborn_weights, tmp_path, cases, cases / "three.yaml")).jobs) == 3


def test_a_scenario_without_its_log_does_not_stop_the_other_files(cases, tmp_path, newborn_weights):
    plan = make_plan(request(newborn_weights, tmp_path, cases, "street-behind-white-car"))
    assert len(plan.jobs) == 3
    assert plan.without_log == ("street-behind-white-car",)
    with pytest.raises(NoLog, match="--log"):
        make_plan(request(newborn_weights, tmp_path, "street-behind-white-car"))


def test_clips_from_a_log_credit_it_and_their_ids_depend_on_its_content(street, tmp_path, newborn_weights):
    name = "logs/street-behind-white-car"
    (job,) = make_plan(request(newborn_weights, tmp_path, name, log=street)).jobs
    assert job.log == street
    assert street.name in job.attribution
    (told,) = make_plan(request(newborn_weights, tmp_path, name, log=street, attribution="Somebody")).jobs
    assert told.attribution == "Somebody"
    assert told.clip == job.clip


def test_library_names_work_with_and_without_their_suite():
    assert find(("nhtsa/lead-brake",)) == find(("lead-brake",)) == (library()["nhtsa/lead-brake"],)


def test_a_group_of_shipped_scenarios_is_named_like_a_folder():
    assert set(find(("un_r157",))) == {path for name, path in suites().items() if name.startswith("un_r157/")}
    assert set(find(("library",))) == set(library().values())
    assert set(find(("suites",))) == set(suites().values())
    assert find(("ccrb", "euro_ncap_2023/ccrb")) == (suites()["euro_ncap_2023/ccrb"],)


def test_an_unknown_name_is_refused_with_the_nearest_name(tmp_path):
    with pytest.raises(NotFound, match="did you mean nhtsa/lead-brake"):
        find(("lead-break",))
    with pytest.raises(NotFound, match="nearmiss library"):
        find(("nothing-like-it",))
    with pytest.raises(NotFound, match="without scenario files"):
        find((str(tmp_path),))

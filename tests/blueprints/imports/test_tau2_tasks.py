"""τ² tasks as blueprints: invented tasks over the library, and the counts of the installed benchmark."""

import json
from typing import Any

import pytest

from blueprints.blueprint import Blueprint
from blueprints.imports.tau2_format import BadTasks, splits_in, tasks_in
from blueprints.imports.tau2_tasks import Report, blueprints_of
from tests.blueprints.talks import planned, world_of
from tools_env.calls import Call, Edit
from tools_env.replay import replay
from tools_env.resolve import resolve
from tools_env.state import differences

WORLD = world_of("library")
SNAPSHOT = WORLD.snapshots(1)[0]
ACT = next(b for b in planned("library", 40) if b.snapshot == SNAPSHOT and b.diff and not b.setup)
WHO, EMAIL = ACT.person, str(ACT.known["email"].value)
GOLD = [{"name": a.name, "arguments": a.arguments} for a in ACT.actions]
FIND = {"name": "find_member", "arguments": {"email": EMAIL}}
NAME = str(ACT.known["name"].value)


def task(**criteria: Any) -> dict[str, Any]:
    scenario = {
        "domain": "library",
        "reason_for_call": "You want\n to see to a loan.",
        "known_info": f"You are {NAME}, {EMAIL}.",
        "unknown_info": None,
        "task_instructions": ".",
    }
    user = {"persona": "Somebody in a hurry.", "instructions": scenario}
    return {"id": "7", "user_scenario": user, "evaluation_criteria": criteria, "annotations": 1}


def read(*tasks: dict[str, Any]) -> tuple[list[Blueprint], Report]:
    report = Report()
    return list(blueprints_of(tasks_in(json.dumps(tasks).encode()), WORLD, report)), report


def one(criteria: dict[str, Any] | None = None, **rest: Any) -> tuple[Blueprint, Report]:
    found, report = read({**task(**criteria or {}), **rest})
    assert len(found) == 1
    return found[0], report


def test_a_solution_becomes_actions_and_what_they_change():
    blueprint, report = one({"actions": GOLD})
    assert (blueprint.kind, blueprint.stages[0].wants, blueprint.stages[0].until) == ("act", "change", len(GOLD))
    assert blueprint.actions == ACT.actions
    assert not differences(ACT.diff, blueprint.diff, WORLD.fields)
    assert blueprint.id == blueprint.identity()
    assert (blueprint.person, blueprint.any_diff) == (WHO, False)
    told = blueprint.provenance
    assert (told.mode, told.author, told.source) == ("imported", "tau2", "library/7")
    assert (report.tasks, report.raising, report.unchanged, report.untold) == (1, [], [], [])
    assert Blueprint.model_validate_json(blueprint.model_dump_json()) == blueprint


def test_the_words_are_paragraphs_and_empty_parts_are_left_out():
    blueprint, _ = one({"actions": GOLD})
    assert blueprint.instruction.split("\n\n") == [
        "About you: Somebody in a hurry.",
        "Why you are in touch: You want\n to see to a loan.",
        f"What you know: You are {NAME}, {EMAIL}.",
    ]
    assert blueprint.stages[0].say == "You want to see to a loan."
    assert blueprint.persona == "Somebody in a hurry."


def test_a_scenario_may_be_one_text():
    blueprint, _ = one(user_scenario={"instructions": "Say hello."})
    assert (blueprint.instruction, blueprint.stages[0].say) == ("Why you are in touch: Say hello.", "Say hello.")


def test_what_stands_in_the_persons_words_the_person_may_say_and_nothing_else():
    blueprint, _ = one({"actions": GOLD})
    assert {k.value for k in blueprint.known.values()} == {EMAIL}


def test_a_call_that_is_refused_is_kept_and_told():
    missing = {"name": "list_loans", "arguments": {"member_id": "M000000"}}
    blueprint, report = one({"actions": [missing, *GOLD]})
    assert blueprint.actions[0].arguments == missing["arguments"]
    assert report.raising == ["7"]
    assert not differences(ACT.diff, blueprint.diff, WORLD.fields)


def test_a_task_that_changes_nothing_and_tells_nothing_says_so():
    blueprint, report = one({"actions": [FIND], "communicate_info": []})
    assert (blueprint.kind, blueprint.stages[0].wants, blueprint.diff) == ("refuse", "refusal", {})
    assert (report.unchanged, report.untold) == (["7"], ["7"])


def test_values_to_be_told_have_their_source_where_one_field_holds_them():
    told = [NAME, "12345.60", "1,234", "7", "words of their own", " "]
    blueprint, report = one({"actions": [FIND], "communicate_info": told})
    assert (blueprint.kind, blueprint.stages[0].wants) == ("inform", "answer")
    assert [(o.value, o.source_call) for o in blueprint.outputs] == [
        (NAME, 0), (12345.6, None), (1234, None), (7, None), ("words of their own", None),
    ]  # fmt: skip
    assert (blueprint.outputs[0].name, blueprint.outputs[4].label) == ("name", "words of their own")
    assert (report.outputs, report.outputs_without_source, report.untold) == (5, 4, [])


def test_what_the_basis_leaves_out_is_left_out():
    check = {"env_type": "assistant", "func_name": "find_member", "arguments": {"email": EMAIL}}
    blueprint, _ = one({"actions": GOLD, "communicate_info": ["x"], "env_assertions": [check], "reward_basis": ["DB"]})
    assert (blueprint.outputs, blueprint.assertions, blueprint.any_diff) == ((), (), False)


def test_assertions_stand_for_the_final_state_where_the_basis_has_no_database():
    check = {"env_type": "user", "func_name": "loans_in_order", "arguments": {"a": 1}, "assert_value": False}
    criteria = {"actions": GOLD, "env_assertions": [check], "reward_basis": ["ENV_ASSERTION"]}
    blueprint, report = one(criteria)
    assert blueprint.any_diff
    assert blueprint.diff
    assertion = blueprint.assertions[0]
    assert assertion.call == Call(name="loans_in_order", arguments={"a": 1}, actor="human")
    assert (assertion.value, report.unmet) == (False, ["7"])


def test_a_call_of_the_user_is_the_humans():
    blueprint, _ = one({"actions": [{**FIND, "requestor": "user"}]})
    assert blueprint.actions[0].actor == "human"


def test_what_is_judged_otherwise_is_named():
    _, report = one({"actions": [{**FIND, "compare_args": []}], "nl_assertions": ["The agent was kind."]})
    assert (report.by_action, report.by_opinion) == (["7"], ["7"])
    _, report = one({"actions": [FIND], "reward_basis": ["DB", "ACTION"]})
    assert (report.by_action, report.by_opinion) == (["7"], [])


def test_the_initial_state_becomes_set_up_and_what_was_said_is_lost():
    path, change = next(iter(ACT.diff.items()))
    table, key, field = path.split("/")
    history = [
        {"role": "user", "content": "Hello."},
        {"role": "assistant", "tool_calls": [{"id": "c1", **FIND}]},
        {"role": "tool", "id": "c1", "content": "{}"},
    ]
    start = {
        "initialization_data": {"agent_data": {table: {key: {field: change.after}}}},
        "initialization_actions": [
            {"env_type": "assistant", "func_name": "find_member", "arguments": {"email": EMAIL}}
        ],
        "message_history": history,
    }
    blueprint, report = one({"actions": [FIND]}, initial_state=start)
    assert blueprint.setup == (
        Edit(path=path, value=change.after),
        Call(name="find_member", arguments={"email": EMAIL}),
        Call(name="find_member", arguments={"email": EMAIL}),
    )
    assert report.said_before == ["7"]
    assert replay(WORLD, blueprint.snapshot, blueprint.setup, blueprint.actions).diff == {}


def test_an_initial_state_that_cannot_be_is_told_and_the_others_are_made():
    start = {"initialization_actions": [{"env_type": "user", "func_name": "fly", "arguments": {}}]}
    found, report = read({**task(), "initial_state": start, "id": "bad"}, task(actions=GOLD))
    assert [b.provenance.source for b in found] == ["library/7"]
    assert found[0].provenance.task == 1
    assert list(report.failed) == ["bad"]


@pytest.mark.parametrize(
    "raw",
    [
        b"", b"{}", b"[1]", b'[{"id": 1}]', b"\xff", b"[" * 100_000,
        b'[{"id": "1", "user_scenario": {"persona": "x"}}]',
        json.dumps([task(actions=[{"name": "f", "arguments": {"x": float("nan")}}])]).encode(),
        json.dumps([task(actions=[{"name": "f", "requestor": "somebody"}])]).encode(),
    ],
)  # fmt: skip
def test_what_is_no_task_file_is_refused_in_one_line(raw):
    with pytest.raises(BadTasks) as told:
        tasks_in(raw)
    assert len(str(told.value)) < 300


def test_splits_are_ids_by_name():
    assert splits_in(b'{"small": ["1", "2"]}') == {"small": ("1", "2")}
    with pytest.raises(BadTasks):
        splits_in(b'{"small": "1"}')


@pytest.mark.parametrize(
    ("domain", "tasks", "raising", "unchanged"), [("mock", 9, 0, 3), ("retail", 114, 18, 11), ("airline", 50, 0, 20)]
)
def test_the_installed_benchmark_has_its_known_quirks(domain, tasks, raising, unchanged):
    pytest.importorskip("tau2")
    from apigen_mt.cli_imports import tau2_folder, tau2_tasks

    world = resolve(f"tau2:{domain}")
    report = Report()
    found = list(blueprints_of(tau2_tasks(tau2_folder(domain)), world, report))
    assert (len(found), report.tasks, len(report.failed)) == (tasks, tasks, 0)
    assert len({b.id for b in found}) == tasks
    assert (len(report.raising), len(report.unchanged)) == (raising, unchanged)
    for blueprint in found[:20]:
        again = replay(world, blueprint.snapshot, blueprint.setup, blueprint.actions)
        assert again.diff == blueprint.diff

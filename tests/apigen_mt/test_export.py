import json
import subprocess
import sys
from typing import Any

import datasets
import pyarrow.parquet as pq
import pytest
import yaml

from apigen_mt.export import columns
from apigen_mt.export.columns import Sheet, spelled
from apigen_mt.export.dataset import write_dataset
from apigen_mt.export.export import export
from apigen_mt.export.fit import Unfit, exported
from apigen_mt.export.folder import ExportError, WriteError, written_whole
from apigen_mt.messages import messages_of, train_flags
from apigen_mt.trajectory import Role, Row
from tests.apigen_mt.rows import MODEL, row
from tools_env.calls import Call, Result
from tools_env.course import Called, Course, Said

LICENCES = {"clerk-7b": "apache-2.0", "person-7b": "MIT"}


@pytest.fixture(scope="module")
def rows():
    return [row(0), row(1, beside="One moment.", parallel=True), row(2, slip=True, goodbye="Thanks, bye."), row(3)]


@pytest.fixture(scope="module")
def modelled():
    return [row(4, cast=MODEL), row(5, cast=MODEL)]


def files(folder):
    return {str(p.relative_to(folder)): p.read_bytes() for p in sorted(folder.rglob("*")) if p.is_file()}


def names(folder):
    return sorted(p.name for p in folder.iterdir())


def loaded(folder, tmp_path):
    return datasets.load_dataset(str(folder), cache_dir=str(tmp_path / "cache"))["train"]


def with_events(played, *events):
    """The row with other events, its verdict still ok: what a gate let through."""
    course = Course(events=events)
    messages = messages_of(course)
    return played.model_copy(update={"course": course, "messages": messages, "train": train_flags(course, messages)})


def said(*texts):
    return [Said(speaker="human" if n % 2 == 0 else "agent", text=text) for n, text in enumerate(texts)]


# the canonical dataset


def test_every_row_comes_back_from_load_dataset_as_it_was(rows, tmp_path):
    folder = tmp_path / "dataset"
    tally = write_dataset(folder, rows, domain="library")
    table = loaded(folder, tmp_path)
    assert tally.rows == len(rows)
    assert [Row.model_validate_json(record["row"]) for record in table] == rows
    lines = (folder / "data/train.jsonl").read_text("utf-8").splitlines()
    assert [Row.model_validate_json(line) for line in lines] == rows
    for record, played in zip(table, rows, strict=True):
        assert record["messages"] == list(played.messages)
        assert record["tools"] == list(played.tools)
        assert [f and f["train"] for f in record["train"]] == [f and f.train for f in played.train]
        assert (record["id"], record["kind"], record["agent"]) == (played.id, "act", "oracle")


def test_folders_of_one_name_are_not_taken_for_each_other(rows, tmp_path):
    for run, some in (("one", rows[:2]), ("two", rows[2:])):
        write_dataset(tmp_path / run / "dataset", some, domain="library")
        export(some, "messages", tmp_path / run / "export")
    for name in ("dataset", "export"):
        one, two = (list(loaded(tmp_path / run / name, tmp_path)["messages"]) for run in ("one", "two"))
        assert one != two


def test_awkward_values_come_back_exactly(rows, tmp_path):
    values: Any = {
        "a": 0.3,
        "b": 0.35,
        "c": [19.99, 25.0, 25, "123", None, {}, [], True],
        "d": {"é\u2028": '"\\'},
        "e": 2**53 + 1,
    }
    call = Called(call_id="c1", call=Call(name="look", arguments=values), outcome=Result(value=values))
    odd = with_events(rows[0], *said("Hi"), call, *said("", "Done.")[1:])
    write_dataset(tmp_path / "d", [odd, rows[1]], domain="library")
    first = loaded(tmp_path / "d", tmp_path)[0]
    assert Row.model_validate_json(first["row"]) == odd
    arguments = first["messages"][1]["tool_calls"][0]["function"]["arguments"]
    assert json.dumps(arguments) == json.dumps(values)
    assert json.loads(first["messages"][2]["content"]) == values


def test_amounts_survive_the_reader_behind_datasets():
    """And it is the reader that we spell them for."""
    read = datasets.Json().decode_example
    amounts = [cents / 100 for cents in range(0, 200_000, 7)] + [cents / 100 for cents in range(2_000)]
    assert any(read(json.dumps(amount)) != amount for amount in amounts)
    assert all(read(json.dumps(amount)) == columns.as_read(json.dumps(amount)) for amount in amounts)
    assert all(read(spelled(amount, read)) == json.loads(str(spelled(amount, read))) == amount for amount in amounts)


def test_the_schema_is_the_one_that_datasets_would_write():
    kinds = {
        "text": datasets.Value("string"),
        "number": datasets.Value("int64"),
        "objects": datasets.List(datasets.Json()),
        "flags": datasets.List(datasets.Value("bool")),
        "turns": datasets.List({"from": datasets.Value("string"), "value": datasets.Value("string")}),
    }
    theirs = datasets.Features(kinds).arrow_schema
    ours = columns.schema({name: name for name in columns.FEATURES})
    assert [*columns.FEATURES] == [*kinds]
    assert ours.equals(theirs, check_metadata=True)
    assert ours.serialize() == theirs.serialize()


def test_the_same_rows_give_the_same_bytes(rows, tmp_path):
    write_dataset(tmp_path / "one", rows, domain="library")
    write_dataset(tmp_path / "elsewhere" / "two", iter(rows), domain="library")
    write_dataset(tmp_path / "one", rows, domain="library")
    assert files(tmp_path / "one") == files(tmp_path / "elsewhere" / "two")
    assert names(tmp_path) == ["elsewhere", "one"]


def test_a_dataset_without_rows_is_written_too(tmp_path):
    write_dataset(tmp_path / "d", [], domain="library")
    assert pq.read_table(tmp_path / "d/data/train-00000-of-00001.parquet").num_rows == 0
    assert (tmp_path / "d/data/train.jsonl").read_bytes() == b""
    assert "| rows | 0 |" in (tmp_path / "d/README.md").read_text("utf-8")


def test_a_row_that_does_not_verify_has_no_place_in_a_dataset(rows, tmp_path):
    write_dataset(tmp_path / "d", rows[:1], domain="library")
    before = files(tmp_path / "d")
    with pytest.raises(ExportError, match="not verified"):
        write_dataset(tmp_path / "d", [rows[1], row(6, finished=False)], domain="library")
    assert files(tmp_path / "d") == before
    assert names(tmp_path) == ["d"]


def test_many_rows_go_through_in_groups(rows, tmp_path):
    path = tmp_path / "x.parquet"
    with Sheet(path, {"n": "number", "m": "objects"}) as sheet:
        for number in range(600):
            sheet.add({"n": number, "m": [{"n": number}]})
    file = pq.ParquetFile(path)
    assert file.metadata.num_row_groups == 3
    assert file.read().column("n").to_pylist() == list(range(600))


def test_the_card_says_what_the_rows_are(rows, tmp_path):
    write_dataset(tmp_path / "d", rows, domain="library")
    text = (tmp_path / "d/README.md").read_text("utf-8")
    head = yaml.safe_load(text.split("---\n")[1])
    assert head["configs"][0]["data_files"] == [{"split": "train", "path": "data/train-*.parquet"}]
    assert head["pretty_name"] == "apigen-mt-library-oracle"
    assert "An oracle played the agent" in text
    for line in ("| rows | 4 |", "| kind act | 4 |", "| calls that were refused | 1 |", "| state | 4 | 0 |"):
        assert line in text
    assert "| agent | script: knows the order of the right calls" in text
    assert str(tmp_path) not in text


# folders written whole


def test_a_folder_is_exchanged_only_when_the_new_one_is_whole(tmp_path):
    layout = {"README.md", "data"}
    with written_whole(tmp_path / "f", layout) as fresh:
        (fresh / "README.md").write_text("---\ntags: [apigen-mt]\n---\nold\n")
    with pytest.raises(ZeroDivisionError), written_whole(tmp_path / "f", layout) as fresh:
        (fresh / "README.md").write_text("new" * (1 // 0))
    assert (tmp_path / "f/README.md").read_text().endswith("old\n")
    assert names(tmp_path) == ["f"]


def test_a_killed_writer_leaves_the_old_folder_and_nothing_in_the_way(rows, tmp_path):
    folder = tmp_path / "d"
    write_dataset(folder, rows[:1], domain="library")
    before = files(folder)
    code = (
        "import os, signal, sys\nfrom pathlib import Path\nfrom apigen_mt.export.folder import written_whole\n"
        "with written_whole(Path(sys.argv[1]), {'README.md', 'data'}) as fresh:\n"
        "    (fresh / 'README.md').write_text('half')\n    os.kill(os.getpid(), signal.SIGKILL)\n"
    )
    killed = subprocess.run([sys.executable, "-c", code, str(folder)], check=False)
    assert killed.returncode == -9
    assert files(folder) == before
    write_dataset(folder, rows[:2], domain="library")
    assert len((folder / "data/train.jsonl").read_text("utf-8").splitlines()) == 2
    assert names(tmp_path) == ["d"]


@pytest.mark.parametrize("name", ["notes.txt", ".git"])
def test_a_folder_with_other_things_in_it_is_left_alone(name, rows, tmp_path):
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / name).write_text("mine")
    with pytest.raises(ExportError, match="not empty and was not written by apigen-mt"):
        export(rows, "sharegpt", tmp_path / "mine")
    export(rows, "sharegpt", tmp_path / "ours")
    (tmp_path / "ours" / name).write_text("mine")
    with pytest.raises(ExportError, match=f"holds {name}, which would be lost"):
        export(rows, "messages", tmp_path / "ours")
    assert (tmp_path / "ours" / name).read_text() == "mine"
    assert (tmp_path / "ours/dataset_info.json").exists()


def test_an_empty_folder_and_an_export_of_ours_are_replaced(rows, tmp_path):
    (tmp_path / "out").mkdir()
    export(rows, "sharegpt", tmp_path / "out")
    export(rows, "messages", tmp_path / "out")
    assert set(files(tmp_path / "out")) == {"README.md", "data/train.jsonl", "data/train.parquet", "proof.parquet"}


def test_a_place_that_cannot_be_written_is_told_in_one_line(rows, tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(WriteError, match="cannot write") as caught:
        export(rows, "sharegpt", tmp_path / "file" / "out")
    assert "\n" not in str(caught.value)


# ShareGPT


def test_sharegpt_is_what_llama_factory_reads(rows, tmp_path):
    report = export(rows, "sharegpt", tmp_path / "s")
    records = [json.loads(line) for line in (tmp_path / "s/data/train.jsonl").read_text("utf-8").splitlines()]
    assert (report.rows, len(records), report.text_beside_calls) == (4, 4, 1)
    for record, played in zip(records, rows, strict=True):
        assert list(record) == ["conversations", "tools", "system"]
        turns = record["conversations"]
        assert len(turns) % 2 == 0
        assert {t["from"] for t in turns[::2]} <= {"human", "observation"}
        assert {t["from"] for t in turns[1::2]} <= {"gpt", "function_call"}
        assert (turns[0]["from"], turns[-1]["from"]) == ("human", "gpt")
        assert all(set(t) == {"from", "value"} and t["value"] for t in turns)
        assert "###STOP###" not in json.dumps(turns)
        tools = json.loads(record["tools"])
        assert [set(t) for t in tools] == [{"name", "description", "parameters"}] * len(played.tools)
        assert all("properties" in t["parameters"] for t in tools)
        assert record["system"] == played.system
    [entry] = json.loads((tmp_path / "s/dataset_info.json").read_text("utf-8")).values()
    assert entry == {
        "file_name": "data/train.jsonl",
        "formatting": "sharegpt",
        "columns": {"messages": "conversations", "system": "system", "tools": "tools"},
    }


def test_calls_and_observations_of_sharegpt(rows, tmp_path):
    export(rows, "sharegpt", tmp_path / "s")
    turns = json.loads((tmp_path / "s/data/train.jsonl").read_text("utf-8").splitlines()[1])["conversations"]
    single, seen, both, seen_both = turns[3:7]
    assert set(json.loads(single["value"])) == {"name", "arguments"}
    assert isinstance(json.loads(single["value"])["arguments"], dict)
    assert isinstance(json.loads(seen["value"]), dict)
    assert [c["name"] for c in json.loads(both["value"])] == ["list_loans", "find_member"]
    assert [type(v) for v in json.loads(seen_both["value"])] == [list, dict]
    assert "One moment." not in json.dumps(turns)


def test_sharegpt_loads_as_plain_columns(rows, tmp_path):
    export(rows, "sharegpt", tmp_path / "s")
    table = loaded(tmp_path / "s", tmp_path)
    lines = (tmp_path / "s/data/train.jsonl").read_text("utf-8").splitlines()
    assert list(table) == [json.loads(line) for line in lines]


# messages


def test_messages_are_what_trl_reads(rows, tmp_path):
    export(rows, "messages", tmp_path / "m")
    table = loaded(tmp_path / "m", tmp_path)
    assert table.features["messages"] == datasets.List(datasets.Json())
    assert table.features["tools"] == datasets.List(datasets.Json())
    lines = (tmp_path / "m/data/train.jsonl").read_text("utf-8").splitlines()
    assert list(table) == [json.loads(line) for line in lines]
    for record, played in zip(table, rows, strict=True):
        messages = record["messages"]
        assert messages[0] == {"role": "system", "content": played.system}
        assert messages[1:] == list(played.messages[:-1])
        assert messages[-1]["role"] == "assistant"
        assert len(record["train"]) == len(messages)
        assert [f is not None for f in record["train"]] == [m["role"] == "assistant" for m in messages]
        assert record["tools"] == list(played.tools)
    assert table[2]["train"].count(False) == 1


def test_the_proof_holds_the_rows_in_the_same_order(rows, tmp_path):
    export(rows, "messages", tmp_path / "m")
    proof = pq.read_table(tmp_path / "m/proof.parquet").column("row").to_pylist()
    assert [Row.model_validate_json(text) for text in proof] == rows
    assert sorted(p.name for p in (tmp_path / "m").rglob("*.json*")) == ["train.jsonl"]


# what is not exported


def test_rows_that_do_not_verify_are_counted_and_left_out(rows, tmp_path):
    report = export([rows[0], row(6, finished=False)], "sharegpt", tmp_path / "s")
    assert (report.rows, report.left_out) == (1, {"not verified": 1})
    assert "| not verified | 1 |" in (tmp_path / "s/README.md").read_text("utf-8")
    assert "1 left out: not verified" in str(report)
    with pytest.raises(ExportError, match="no row to export: 1 not verified"):
        export([row(6, finished=False)], "sharegpt", tmp_path / "t")
    assert not (tmp_path / "t").exists()


LOOK = Called(call_id="c1", call=Call(name="look"), outcome=Result(value=1))


@pytest.mark.parametrize(
    ("events", "reason"),
    [
        ([*said("a", "b"), *said("c"), *said("d", "e")], "the human follows the human"),
        ([*said("a", "b"), Said(speaker="agent", text="c")], "the agent follows the agent"),
        ([Said(speaker="agent", text="a"), *said("b", "c")], "the human does not speak first"),
        ([LOOK, *said("b", "c")], "the human does not speak first"),
        ([*said("a", "b"), LOOK, Said(speaker="agent", text="c")], "the agent's call follows the agent"),
        ([*said("a"), LOOK], "the agent's words do not stand last"),
        ([*said("a", "b", "c")], "the agent's words do not stand last"),
        ([*said("a ###STOP###", "b", "###STOP###")], "the talk goes on after its end"),
        ([*said("a", " ", "###STOP###")], "the agent says nothing"),
        ([*said("###STOP###")], "the human does not speak first"),
        ([], "the human does not speak first"),
    ],
)
def test_turns_that_a_trainer_would_skip_are_left_out(events, reason, rows):
    assert exported(with_events(rows[0], *events)) == Unfit(reason=reason)


def test_a_goodbye_goes_with_the_stop(rows):
    assert rows[2].messages[-1]["content"] == "Thanks, bye. ###STOP###"
    assert exported(rows[2]) == rows[2].messages[:-1]


def test_an_unknown_format_is_refused(rows, tmp_path):
    with pytest.raises(ExportError, match="unknown format 'csv': use sharegpt or messages"):
        export(rows, "csv", tmp_path / "x")


# cast and licences


def test_oracle_and_model_rows_never_mix(rows, modelled, tmp_path):
    with pytest.raises(ExportError, match="choose one"):
        export([*rows, *modelled], "sharegpt", tmp_path / "x", licences=LICENCES)
    assert not (tmp_path / "x").exists()
    oracle = export([*rows, *modelled], "sharegpt", tmp_path / "o", cast="oracle")
    model = export([*rows, *modelled], "sharegpt", tmp_path / "m", cast="model", licences=LICENCES)
    assert (oracle.rows, oracle.left_out, oracle.name) == (4, {"played by a model": 2}, "apigen-mt-library-oracle")
    assert (model.rows, model.left_out, model.name) == (2, {"played by an oracle": 4}, "apigen-mt-library")
    assert "An oracle played the agent" in (tmp_path / "o/README.md").read_text("utf-8")
    assert "oracle" not in (tmp_path / "m/README.md").read_text("utf-8").split("## Left out")[0]


def test_every_generating_model_and_its_licence_is_on_the_card(modelled, tmp_path):
    export(modelled, "messages", tmp_path / "m", licences=LICENCES, name="mine")
    text = (tmp_path / "m/README.md").read_text("utf-8")
    assert "| agent | clerk-7b | apache-2.0 | 2 |" in text
    assert "| human | person-7b | MIT | 2 |" in text
    assert "# mine\n" in text


@pytest.mark.parametrize("missing", ["clerk-7b", "person-7b"])
def test_a_model_without_a_licence_stops_the_export(missing, modelled, tmp_path):
    licences = {model: licence for model, licence in LICENCES.items() if model != missing}
    with pytest.raises(ExportError, match=f"no licence is given for what '{missing}'"):
        export(modelled, "messages", tmp_path / "m", licences=licences)
    assert not (tmp_path / "m").exists()


def test_the_callers_own_agent_needs_a_licence_too(rows, tmp_path):
    own = rows[0].model_copy(update={"cast": rows[0].cast.model_copy(update={"agent": Role(source="own")})})
    with pytest.raises(ExportError, match="'own'"):
        export([own], "messages", tmp_path / "m")
    assert export([own], "messages", tmp_path / "m", licences={"own": "MIT"}).rows == 1


def test_a_models_name_cannot_break_out_of_the_card(rows, tmp_path):
    name = "evil | x |\n# heading\n---\n<script>"
    cast = rows[0].cast.model_copy(update={"agent": Role(source="model", model=name)})
    export([rows[0].model_copy(update={"cast": cast})], "messages", tmp_path / "m", licences={name: "MIT"})
    text = (tmp_path / "m/README.md").read_text("utf-8")
    assert "| agent | evil \\| x \\| # heading --- \\<script\\> | MIT | 1 |" in text
    assert "\n# heading" not in text

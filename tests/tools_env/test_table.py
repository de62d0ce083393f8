import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, invariant, multiple, rule

from tools_env.calls import Refused
from tools_env.table import Record, Table


class Item(Record):
    item_id: str
    colour: str
    stock: int = 0


BASE = {f"I{n}": Item(item_id=f"I{n}", colour="red" if n % 2 else "blue", stock=n) for n in range(6)}


def table():
    return Table("items", Item, BASE)


class ForksAreDictionaries(RuleBasedStateMachine):
    """Whatever is done to a family of forks, each reads like a dictionary of its own."""

    forks = Bundle("forks")

    def __init__(self):
        super().__init__()
        self.models: list[tuple[Table[Item], dict[str, Item]]] = []

    def new(self, fork: Table[Item], model: dict[str, Item]) -> int:
        self.models.append((fork, model))
        return len(self.models) - 1

    @rule(target=forks)
    def begin(self):
        return self.new(table(), dict(BASE))

    @rule(target=forks, parent=forks)
    def fork(self, parent):
        rows, model = self.models[parent]
        return self.new(rows.fork(), dict(model))

    @rule(at=forks, key=st.sampled_from(["I0", "I3", "N1", "N2"]), colour=st.sampled_from(["red", "green"]))
    def put(self, at, key, colour):
        rows, model = self.models[at]
        model[key] = rows.put(Item(item_id=key, colour=colour))

    @rule(at=forks, key=st.sampled_from([*BASE, "N1"]), stock=st.integers(0, 5))
    def change(self, at, key, stock):
        rows, model = self.models[at]
        if key in model:
            model[key] = rows.change(model[key], stock=stock)

    @rule(at=forks, key=st.sampled_from([*BASE, "N1"]))
    def remove(self, at, key):
        rows, model = self.models[at]
        if key in model:
            rows.remove(model.pop(key))

    @rule(at=forks)
    def create(self, at):
        rows, model = self.models[at]
        key = rows.new_id("N")
        assert key not in model
        model[key] = rows.put(Item(item_id=key, colour="new"))

    @rule(target=forks, at=forks)
    def settle(self, at):
        rows, model = self.models[at]
        settled = rows.settled()
        assert settled.changed() == {}
        return multiple() if len(self.models) > 20 else self.new(settled, dict(model))

    @invariant()
    def each_reads_like_its_model(self):
        for rows, model in self.models:
            assert {r.item_id: r for r in rows} == model
            assert len(rows) == len(model)
            assert {r.item_id for r in rows.where(colour="red")} == {k for k, r in model.items() if r.colour == "red"}
            assert all((key in rows) == (key in model) for key in (*BASE, "N1", "N2"))
            assert all(rows.get(key) == record for key, record in model.items())

    @invariant()
    def changes_are_those_against_the_base(self):
        for rows, model in self.models:
            base = {k: r for k in (*BASE, *model, *rows.changed()) if (r := rows.removed(k))}
            wanted = {k: (base.get(k), model.get(k)) for k in base.keys() | model.keys() if base.get(k) != model.get(k)}
            assert rows.changed() == wanted


TestForksAreDictionaries = ForksAreDictionaries.TestCase
TestForksAreDictionaries.settings = settings(max_examples=40, stateful_step_count=40)


def test_an_unknown_record_is_refused_in_words():
    with pytest.raises(Refused) as refused:
        table()["I9"]
    assert refused.value.refusal.cause == "missing"
    assert (
        refused.value.refusal.reason == "There is no 'I9' among the items: ids cannot be guessed, look them up first."
    )
    with pytest.raises(Refused) as refused:
        table().one(colour="green", stock=1)
    assert refused.value.refusal.reason == "No items with colour green and stock 1: ask for the right one."
    assert table().one(colour="blue").key == "I0"


def test_reading_and_writing_touch_but_iterating_does_not():
    rows = table()
    assert [r.item_id for r in rows] == [*BASE]
    assert rows.touched == []
    rows["I1"]
    rows.where(colour="blue", stock=2)
    rows.select(lambda r: r.stock == 5)
    rows.change(rows["I3"], stock=1)
    assert rows.touched == ["I1", "I2", "I5", "I3", "I3"]
    assert rows.fork().touched == []


def test_a_change_is_validated():
    rows = table()
    with pytest.raises(ValueError, match="stock"):
        rows.change(rows["I1"], stock="many")
    with pytest.raises(ValueError, match="weight"):
        rows.change(rows["I1"], weight=3)
    assert rows.changed() == {}


def test_changes_count_from_where_the_session_was_opened():
    rows = table()
    rows.change(rows["I1"], stock=50)
    rows.opened()
    assert rows.changed() == {}
    assert [*rows.changed_since_snapshot()] == ["I1"]
    fork = rows.fork()
    fork.change(fork["I1"], stock=60)
    fork.put(Item(item_id="N1", colour="red"))
    before, after = fork.changed()["I1"]
    assert before is not None
    assert after is not None
    assert (before.stock, after.stock) == (50, 60)
    assert [r.key for r in fork.written()] == ["I1", "N1"]
    assert [r.key for r in fork.created()] == ["N1"]
    fork.change(fork["I1"], stock=50)
    assert [*fork.changed()] == ["N1"]
    assert rows.changed() == {}


def test_new_ids_depend_on_the_state_alone():
    one, other = table(), table()
    assert one.new_id() == other.new_id() == "I7"
    one.put(Item(item_id=one.new_id(), colour="red"))
    assert one.new_id() == "I8"
    one.remove(one["I7"])
    assert one.new_id() == "I8", "the id of a removed record is not given again"


def test_because_says_field_value_and_alternative():
    rows = table()
    because = rows.because(rows["I4"], "stock", 9)
    assert (because.path, because.value, because.instead) == ("items/I4/stock", 4, 9)

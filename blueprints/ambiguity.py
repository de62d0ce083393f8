"""Ambiguity: another cheap success must not exist. What the person says fits one record and fixes every value, or the
others it allows are accepted as well (design: gates).

A different call with the same kind of effect is not looked for, nor a record that only a longer search would show.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations

from blueprints.blueprint import Blueprint, Known, Rejected
from blueprints.descriptions import described_by
from blueprints.goals import MOST_ATTRIBUTES, resolves
from blueprints.knowledge import Referent, each, latest, people_table, referents_in
from blueprints.solution import settled, solved
from blueprints.wording import COUNT_FLOOR, Attribute, describe, label
from tools_env.calls import Call, Result
from tools_env.mentions import mentions, spoken
from tools_env.port import World
from tools_env.replay import Replayed
from tools_env.state import Diff, differences
from tools_env.tool import Param
from tools_env.values import Json, leaves, same, under


def ambiguous(blueprint: Blueprint, world: World, done: Replayed | None = None) -> Iterator[Rejected]:
    """Every other success that the person's words allow and the task does not accept; `done`: the actions carried out.

    A task that was imported is taken as it is: its words stand in no ledger.
    """
    if blueprint.provenance.mode == "imported":
        return
    told = _Told(blueprint, world, done or solved(blueprint, world))
    for rivalry in told.rivalries():
        if rival := next((r for r in rivalry.rivals if not told.accepts(rivalry, r)), None):
            yield Rejected(stage="ambiguity", reason=rivalry.reason(rival))
    yield from (Rejected(stage="ambiguity", reason=text) for text in told.open_values())


def widened(blueprint: Blueprint, world: World) -> Blueprint | Rejected:
    """The blueprint with every other record that the words fit accepted as well, where that changes one value of the
    final state and nothing else; else with facts that tell the record apart, to be worded anew; or why neither works.

    Where the change lies at another path, such as the same field of the other record, or at several, the accepted set
    cannot say "this one or that one, not both", so nothing is accepted there.
    """
    for _ in range(len(blueprint.known) + 1):
        told = _Told(blueprint, world, solved(blueprint, world))
        found = (r for r in told.rivalries() if not all(told.accepts(r, rival) for rival in r.rivals))
        rivalry = next(found, None)
        if rivalry is None:
            break
        better = told.accepting(rivalry) or told.telling(rivalry)
        if better is None:
            return Rejected(stage="ambiguity", reason=rivalry.reason(rivalry.rivals[0]))
        blueprint = better
    return blueprint


@dataclass(frozen=True, slots=True)
class Rivalry:
    """A record that an argument takes, and others that the person's words for it fit as well.

    `call` is the place of the call, `name` and `known` the fact that stands for the record, `facts` those that describe
    it, `among` all that the reads return.
    """

    call: int
    param: Param
    name: str
    known: Known
    facts: dict[str, Known]
    target: Referent
    rivals: tuple[Referent, ...]
    among: tuple[Referent, ...]

    def reason(self, rival: Referent) -> str:
        """Both records in words, and what would tell them apart."""
        words = self.known.phrase or f"the {self.known.label}"
        mine = {a.field: a for a in self.target.attributes}
        telling = [(mine[a.field], a) for a in rival.attributes if a.field in mine and not _same(mine[a.field], a)]
        if not telling:
            return f"{words!r} fits two records that nothing readable tells apart: ask for another record"
        one, other = telling[0]
        field, value = label(one.field), spoken(one.value, one.meaning)
        return (
            f"{words!r} fits the {self.known.label} with {field} {value} and also the one with {field} "
            f"{spoken(other.value, other.meaning)}: say more of it, such as its {field}"
        )


@dataclass(frozen=True, slots=True)
class _Told:
    """A blueprint on the table: what the person says, and what its actions show."""

    blueprint: Blueprint
    world: World
    done: Replayed

    def calls(self) -> list[Call]:
        """The actions, and the call that must not succeed."""
        found = self.blueprint.evidence
        return [*self.blueprint.actions, *([found.forbidden] if found else [])]

    def stage(self, number: int) -> int:
        """The matter that a call belongs to."""
        if number == len(self.blueprint.actions):
            return next(n for n, s in enumerate(self.blueprint.stages) if s.wants == "refusal")
        return next(
            (n for n, s in enumerate(self.blueprint.stages) if number < s.until), len(self.blueprint.stages) - 1
        )

    def rivalries(self) -> Iterator[Rivalry]:
        """Every record that a change takes and whose description fits another one too."""
        seen = self._beside()
        for number, call in enumerate(self.calls()):
            spec = self.world.specs[call.name]
            if spec.writes:
                for param in spec.params:
                    if param.meaning.kind == "identifier" and not param.personal:
                        yield from self._rivals(number, call, param, seen)
            outcome = self.done.outcomes[number] if number < len(self.done.outcomes) else None
            if isinstance(outcome, Result):
                seen += referents_in(outcome.value, spec, number, call)

    def _beside(self) -> list[Referent]:
        """What reads show that need nothing but the person, whether the actions make them or not."""
        found: list[Referent] = []
        session = None
        for spec in self.world.specs.values():
            needed = [p for p in spec.params if p.required]
            if spec.writes or not needed or not all(p.personal and not p.many for p in needed):
                continue
            call = Call(name=spec.name, arguments={p.name: self.blueprint.person for p in needed})
            if "agent" not in spec.actors or spec.name in self.blueprint.withheld or call in self.blueprint.actions:
                continue
            session = session or self.world.open(self.blueprint.snapshot, self.blueprint.setup)
            if isinstance(outcome := session.call(call), Result):
                found += referents_in(outcome.value, spec, -1, call)
        if session is not None:
            session.close()
        return found

    def _rivals(self, number: int, call: Call, param: Param, seen: Sequence[Referent]) -> Iterator[Rivalry]:
        stage, known, fixed = self.stage(number), self.blueprint.known, self._fixed(number, param)
        name = next((n for n, k in known.items() if k.about == param.name and k.stage == stage and k.phrase), "")
        keys = [str(key) for key in each(call.arguments.get(param.name))]
        among = [r for r in latest(seen, param.meaning.of) if not _elsewhere(r, fixed)] if name else []
        for key, facts in zip(keys, self._descriptions(param.name, stage), strict=False):
            fitting = described_by([*facts.values()], among)
            target = next((r for r in among if r.id == key), None)
            if target is None or key not in fitting:
                continue
            if others := {r.id: r for r in among if r.id in fitting and r.id not in keys}:
                rivals = tuple(others.values())
                yield Rivalry(number, param, name, known[name], facts, target, rivals, tuple(among))

    def _descriptions(self, argument: str, stage: int) -> list[dict[str, Known]]:
        """The descriptions that a matter gives for an argument, one for each of its records."""
        groups: dict[str, dict[str, Known]] = {}
        for name, known in self.blueprint.known.items():
            if known.about == argument and known.stage == stage and known.field:
                groups.setdefault(name.rsplit(".", 1)[0], {})[name] = known
        return [*groups.values()]

    def _fixed(self, number: int, param: Param) -> dict[str, set[str]]:
        """Records that a call takes besides, or else the reads that led to it in its matter, by table."""
        stage, calls = self.stage(number), self.calls()
        fixed = self._taken(calls[number])
        for earlier in (c for n, c in enumerate(calls[:number]) if self.stage(n) == stage):
            for table, keys in self._taken(earlier).items():
                if table not in self._taken(calls[number]):
                    fixed.setdefault(table, set()).update(keys)
        fixed.pop(param.meaning.of, None)
        people = people_table(self.world)
        return fixed | ({people: {self.blueprint.person}} if people else {})

    def _taken(self, call: Call) -> dict[str, set[str]]:
        found: dict[str, set[str]] = {}
        for param in self.world.specs[call.name].params:
            if param.meaning.kind == "identifier" and (keys := each(call.arguments.get(param.name))):
                found.setdefault(param.meaning.of, set()).update(map(str, keys))
        return found

    def accepts(self, rivalry: Rivalry, rival: Referent) -> bool:
        """Whether the task would be as well solved with another record in its place."""
        other = self._with(rivalry, rival)
        return other is not None and not differences(self.blueprint.diff, other, self.world.fields)

    def _with(self, rivalry: Rivalry, rival: Referent) -> Diff | None:
        """What would change with another record in its place; None where that is not right."""
        if rivalry.call == len(self.blueprint.actions):
            return None
        call, name = self.blueprint.actions[rivalry.call], rivalry.param.name
        value = call.arguments[name]
        keys: Json = [rival.id if v == rivalry.target.id else v for v in value] if isinstance(value, list) else rival.id
        return self._changed(rivalry.call, call.model_copy(update={"arguments": {**call.arguments, name: keys}}))

    def _changed(self, number: int, call: Call) -> Diff | None:
        """What the actions would change with another call at one place; None where that is not right."""
        actions = (*self.blueprint.actions[:number], call, *self.blueprint.actions[number + 1 :])
        other = settled(self.blueprint).model_copy(update={"actions": actions})
        done = solved(other, self.world, hashed=False)
        sound = not done.breaches and all(isinstance(o, Result) for o in done.outcomes)
        return done.diff if sound else None

    def accepting(self, rivalry: Rivalry) -> Blueprint | None:
        """The blueprint with the rivals accepted, where each changes one and the same value otherwise."""
        diff = self.blueprint.diff
        for rival in rivalry.rivals:
            other = self._with(rivalry, rival)
            if other is None or other.keys() != diff.keys():
                return None
            apart = [
                path for path, change in other.items() if change.after not in (diff[path].after, *diff[path].any_of)
            ]
            if len(apart) > 1 or any(other[path].before != diff[path].before for path in diff):
                return None
            for path in apart:
                wide = diff[path].model_copy(update={"any_of": (*diff[path].any_of, other[path].after)})
                diff = {**diff, path: wide}
        if sum(diff[path] != change for path, change in self.blueprint.diff.items()) > 1:
            return None
        return self.blueprint.model_copy(update={"id": "", "diff": diff})

    def telling(self, rivalry: Rivalry) -> Blueprint | None:
        """A draft without words whose description is long enough to single its record out; None if nothing does."""
        known, groups = self.blueprint.known, self._descriptions(rivalry.known.about, rivalry.known.stage)
        first = next((n for n, k in rivalry.facts.items() if k.field), "")
        if len(groups) > 1 or not first:
            return None
        said = {k.field: k.value for k in rivalry.facts.values() if k.field != "which"}
        spare = [a for a in rivalry.target.attributes if a.field not in said and self._tellable(a)]
        mine = [a for a in rivalry.target.attributes if a.field in said]
        for extra in (e for size in range(1, MOST_ATTRIBUTES + 1) for e in combinations(spare, size)):
            whole = [*mine, *extra]
            if resolves([(a.field, a.value) for a in whole], None, [*rivalry.among]) == [rivalry.target.id]:
                break
        else:
            return None
        group, fact = first.rsplit(".", 1)[0], known[first]
        suffix = first.removeprefix(f"{group}.{fact.field}")
        longer = {n: k for n, k in known.items() if n not in rivalry.facts}
        longer[rivalry.name] = rivalry.known.model_copy(update={"phrase": describe(rivalry.known.label, whole)})
        for a in whole:
            update = {"value": a.value, "meaning": a.meaning, "label": label(a.field), "field": a.field}
            longer[f"{group}.{a.field}{suffix}"] = fact.model_copy(update=update)
        silent = tuple(s.model_copy(update={"say": "", "facts": ()}) for s in self.blueprint.stages)
        return self.blueprint.model_copy(update={"id": "", "known": longer, "instruction": "", "stages": silent})

    def _tellable(self, attribute: Attribute) -> bool:
        """Whether a person could say it: no small count, nothing that is asked for, decides, or changes on the way."""
        found, value = self.blueprint.evidence, attribute.value
        secret = {o.name for o in self.blueprint.outputs} | {path.rsplit("/", 1)[-1] for path in self.blueprint.diff}
        secret |= {found.because.path.rsplit("/", 1)[-1]} if found else set()
        small = attribute.meaning.kind == "count" and isinstance(value, int) and value < COUNT_FLOOR
        return attribute.field not in secret and not small and value not in ("", None)

    def open_values(self) -> Iterator[str]:
        """Values that a change takes and that the person's words leave open."""
        shown: list[Json] = []
        for number, call in enumerate(self.calls()):
            spec = self.world.specs[call.name]
            for param in spec.params if spec.writes else ():
                if param.meaning.kind not in {"identifier", "prose"} and param.name in call.arguments:
                    for value in each(call.arguments[param.name]):
                        yield from self._open(number, param, value, shown)
            if number < len(self.done.outcomes):
                shown.append(self.done.outcomes[number].observed())

    def _open(self, number: int, param: Param, value: Json, shown: Sequence[Json]) -> Iterator[str]:
        """Why a value is open: nothing says it, or something else is said for it too."""
        stage = self.stage(number)
        known = [k for k in self.blueprint.known.values() if k.value is not None and not k.field]
        now = [k for k in known if k.about == param.name and k.stage == stage]
        told = now or [k for k in known if k.about == param.name and k.stage < stage][-1:]
        others = [k for k in told if not same(k.value, value, param.meaning)]
        words, said = spoken(value, param.meaning), f"the {param.label}"
        if any(same(k.value, value, param.meaning) for k in told):
            if others and not param.many:
                rival = spoken(others[0].value, param.meaning)
                yield f"the person says {rival} as well as {words} for {said}: leave one out"
            return
        own = (k for k in known if not k.about)
        if any(same(k.value, value, param.meaning) for k in own) or self._default(number, param):
            return
        if param.meaning.kind == "text" and any(mentions(str(k.value), value, param.meaning) for k in known):
            return
        if param.meaning.kind not in {"choice", "contact", "flag"} and any(_shows(s, param, value) for s in shown):
            return
        yield f"{self.calls()[number].name}: {said} could as well be another than {words}: have the person say it"

    def _default(self, number: int, param: Param) -> bool:
        """Whether the tool does the same where the value is left out."""
        if param.required or number == len(self.blueprint.actions):
            return False
        call = self.blueprint.actions[number]
        bare = call.model_copy(update={"arguments": {n: v for n, v in call.arguments.items() if n != param.name}})
        other = self._changed(number, bare)
        return other is not None and not differences(self.blueprint.diff, other, self.world.fields)


def _shows(result: Json, param: Param, value: Json) -> bool:
    """Whether a result holds a value; a small number says little unless it stands under the argument's own name."""
    small = isinstance(value, int | float) and abs(value) < COUNT_FLOOR
    held = under(result, param.name) if small else leaves(result)
    return any(same(one, value, param.meaning) for one in held)


def _elsewhere(referent: Referent, fixed: Mapping[str, set[str]]) -> bool:
    """Whether a record stands among others than those that the matter is about, such as the lines of another order."""
    stands: dict[str, set[str]] = {}
    for table, key in referent.context:
        stands.setdefault(table, set()).add(key)
    return any(keys.isdisjoint(fixed[table]) for table, keys in stands.items() if table in fixed)


def _same(one: Attribute, other: Attribute) -> bool:
    return same(one.value, other.value, one.meaning)

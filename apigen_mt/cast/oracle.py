"""Rehearsal's agent. It is told which tools come in which order and how each matter ends, never a value: every argument
it takes from the talk or from an observation, and it asks when one is missing (design: cast).
"""

import json
import re
from collections.abc import Mapping

from apigen_mt.cast import reading
from apigen_mt.cast.ports import AgentTurn, AgentView, GaveUp, WantedCall
from apigen_mt.cast.script import Matter
from blueprints.knowledge import Referent, each, latest
from blueprints.provisos import without_else
from blueprints.wording import NAMES, SPEAKABLE, asked_label, fill, label, second_person, sentence
from tools_env.consent import affirms
from tools_env.mentions import phrase, spoken
from tools_env.tool import Param, ToolSpec, noun_of
from tools_env.values import Json, money

ASKS, TRIES = 2, 3
"""How often a question is asked, and a call made while its tool is unavailable."""
MORE = "Is there anything else I can help you with?"
_CERTAIN = 1


class Oracle:
    """Plays the agent in rehearsal from a script of names."""

    def __init__(self, script: tuple[Matter, ...], specs: Mapping[str, ToolSpec], people: str) -> None:
        self.script = script
        self.specs = specs
        self.people = people
        self.matter = -1
        self.position = 0
        self.since = 0
        self.arguments: dict[str, Json] = {}
        self.waiting = ""
        self.asked: dict[str, int] = {}
        self.confirming = False
        self.finished = True
        self.calls = 0
        self.declined = 0
        self.proposed = ""
        self.sorry = ""
        self.last: WantedCall | None = None
        self.tries = 0
        self.view = AgentView(system="", tools=(), messages=())
        self.seen: list[Referent] = []

    async def reply(self, view: AgentView) -> AgentTurn:
        """The next call, question, confirmation or report."""
        self.view = view
        self.seen = reading.observations(view, self.specs)
        last = view.messages[-1]
        if last["role"] == "user":
            self._hear(str(last["content"]))
        elif (again := self._again(str(last["content"]))) is not None:
            return again
        elif self._refused(last):
            self._let_go(str(last["content"]))
        while self._open():
            turn = self._use(self._tool())
            if turn is not None:
                return turn
        return self._finish()

    def _hear(self, text: str) -> None:
        ends_in_no = self._matter_ends("refusal") or self._matter_ends("missing")
        if self.finished and not (ends_in_no and self.declined == 1):
            self.matter += 1
            self.position, self.since, self.finished, self.declined = 0, len(self.view.messages) - 1, False, 0
            self._fresh()
            if self.matter >= len(self.script):
                raise GaveUp("the person raises more than there is")
        if self.confirming:
            self.confirming = affirms(text)
            if not self.confirming:
                self._reconsider()
        elif self.waiting:
            self._take(self.waiting, text)

    def _take(self, name: str, text: str) -> None:
        """Read the answer to the question that was asked."""
        param = next(p for p in self._tool().params if p.name == name)
        self.waiting = ""
        if param.personal:
            if (told := reading.plain(param, text, whole=True)) is not None:
                self.arguments[name] = told
        elif param.meaning.kind == "identifier":
            if param.many and (several := reading.several(text, self._candidates(param), self._nouns(param))):
                self.arguments[name] = list(several)
            elif len(found := self._named(text, param)) == _CERTAIN:
                self.arguments[name] = found[0].id
        elif (value := reading.plain(param, text, whole=True)) is not None:
            self.arguments[name] = value

    def _fresh(self) -> None:
        self.arguments, self.waiting, self.asked, self.confirming = {}, "", {}, False

    def _reconsider(self) -> None:
        """Somebody has corrected a value: the records stay what they are."""
        records = {p.name for p in self._tool().params if p.meaning.kind == "identifier"}
        self.arguments = {name: value for name, value in self.arguments.items() if name in records}

    def _matter_ends(self, how: str) -> bool:
        return 0 <= self.matter < len(self.script) and self.script[self.matter].ends == how

    def _open(self) -> bool:
        matter = self.script[self.matter]
        return not self.finished and self.position < len(matter.tools) + bool(matter.forbidden)

    def _tool(self) -> ToolSpec:
        matter = self.script[self.matter]
        return self.specs[(*matter.tools, matter.forbidden)[self.position]]

    @staticmethod
    def _refused(message: Mapping[str, Json]) -> bool:
        return message["role"] == "tool" and str(message["content"]).startswith('{"error"')

    def _use(self, spec: ToolSpec) -> AgentTurn | None:
        """Gather the arguments, ask for what is missing, have a write confirmed, and call."""
        for param in (*spec.params, *spec.params):
            if param.name not in self.arguments and (value := self._find(param, spec)) is not None:
                self.arguments[param.name] = value
        missing = [p for p in spec.params if p.required and p.name not in self.arguments]
        if missing:
            return self._ask(missing[0])
        matter = self.script[self.matter]
        if self.position == len(matter.tools):
            self.position += 1
            return None
        if spec.writes and not self.confirming:
            self.confirming = True
            return AgentTurn(text=self._proposal(spec))
        self.calls += 1
        call = WantedCall(name=spec.name, arguments=dict(self.arguments), id=f"call_{self.calls}")
        self.last, self.tries = call, 1
        self.position += 1
        self._fresh()
        return AgentTurn(calls=(call,))

    def _again(self, shown: str) -> AgentTurn | None:
        """The last call once more, where the tool was unavailable, or once where a list is empty that should not be."""
        unavailable = shown.startswith('{"error"') and "temporarily unavailable" in shown
        if self.last is None or not (self.tries < TRIES if unavailable else shown == "[]" and self.tries == 1):
            return None
        self.tries += 1
        self.calls += 1
        self.last = self.last.model_copy(update={"id": f"call_{self.calls}"})
        return AgentTurn(calls=(self.last,))

    def _let_go(self, shown: str) -> None:
        """What the person would rather have cannot be done after all: go on to what they want then."""
        if not self._open() or self.position != self.script[self.matter].rather + 1:
            raise GaveUp(f"{self._tool().name if self._open() else 'a call'} was refused: {shown}")
        self.sorry = f"I'm sorry, that cannot be done any more: {json.loads(shown)['error']} "

    def _ask(self, param: Param) -> AgentTurn:
        self.asked[param.name] = self.asked.get(param.name, 0) + 1
        if self.asked[param.name] > ASKS:
            raise GaveUp(f"nobody says the {param.label}")
        self.waiting = param.name
        if param.personal:
            return AgentTurn(text=f"Could you please tell me your {phrase(param.name)}?")
        if param.meaning.kind == "identifier":
            noun = noun_of(self.specs, param.meaning.of)
            return AgentTurn(text=f"Which {self._tool().called(param, noun)} do you mean?")
        if param.meaning.kind == "contact" or not self.seen:
            return AgentTurn(text=f"Could you please tell me your {param.label}?")
        if param.choices:
            return AgentTurn(text=f"Which {param.label} is it?")
        return AgentTurn(text=f"What should the {param.label} be?")

    def _find(self, param: Param, spec: ToolSpec) -> Json:
        """A value from the words about this matter, or from what the observations leave no choice about."""
        words = self._words()
        if param.meaning.kind == "identifier" and not spec.writes:
            listed = reading.unread(self.view, self.seen, param, spec.name)
            if listed and not param.personal:
                return listed[0]
        told = reading.slots(spec.ask, words).get(param.name, "") if spec.ask else ""
        if param.meaning.kind != "identifier":
            if (changed := reading.corrected(param, words)) is not None:
                return changed
            if told and (value := reading.plain(param, told, whole=True)) is not None:
                return [value] if param.many else value
            value = reading.plain(param, words, whole=False)
            return [value] if param.many and value is not None else value
        found = self._record(param, told or words, exact=bool(told))
        return self._record(param, words, exact=False) if found is None and self._rather() else found

    def _rather(self) -> bool:
        """Whether what is in hand is what the person would rather have."""
        return self.position == self.script[self.matter].rather

    def _record(self, param: Param, words: str, *, exact: bool) -> Json:
        candidates = self._candidates(param)
        if param.personal:
            met = [r.id for r in (*candidates, *self.seen) if r.table == param.meaning.of]
            return met[0] if met else reading.plain(param, self._words(), whole=False)
        if f"that {noun_of(self.specs, param.meaning.of)}" in self._words():
            made = reading.last_write(self.view, self.specs)
            return next((r.id for r in self.seen if r.source == made and r.table == param.meaning.of), None)
        if not exact and param.name in self.asked:
            return None
        found = self._named(words, param)
        if param.many and found and " and " in words:
            return list(reading.several(words, candidates, self._nouns(param))) or None
        if len(found) == _CERTAIN:
            return [found[0].id] if param.many else found[0].id
        if len(candidates) == _CERTAIN and not found and not exact:
            return [candidates[0].id] if param.many else candidates[0].id
        return None

    def _named(self, words: str, param: Param) -> list[Referent]:
        """The records that words name, of those that an argument may be: the first and last of all that were seen."""
        candidates, nouns = self._candidates(param), self._nouns(param)
        everybody = latest(self.seen, param.meaning.of)
        for among in (candidates, everybody):
            if found := reading.named(words, among, nouns, everybody):
                return found
        return reading.named(words, candidates, nouns)

    def _candidates(self, param: Param) -> list[Referent]:
        """Records of the argument's table that go with the arguments found so far."""
        settled = [p for p in self._tool().params if p.name in self.arguments and p is not param]
        given = [(p, str(v)) for p in settled for v in each(self.arguments[p.name])]
        used = {key for p, key in given if p.meaning.of == param.meaning.of}
        free = [r for r in self.seen if r.id not in used]
        params = self._tool().params
        if any(p.meaning.paired and p.meaning.paired == param.meaning.paired for p in params[: params.index(param)]):
            near = {c for r in self.seen if r.id in used for c in r.context if c[0] != self.people}
            fitting = [r for r in free if r.context & near]
        else:
            fixed = {(p.meaning.of, key) for p, key in given}
            tables = {t for t, _ in fixed}
            fitting = [r for r in free if not any(t in tables and (t, i) not in fixed for t, i in r.context)]
        return latest(fitting, param.meaning.of) or latest(free, param.meaning.of)

    def _nouns(self, param: Param) -> tuple[str, ...]:
        return (param.label, noun_of(self.specs, param.meaning.of))

    def _words(self) -> str:
        """The human's words about the matter in hand."""
        said = " ".join(str(m["content"]) for m in self.view.messages[self.since :] if m["role"] == "user")
        return without_else(said) if self._rather() else said

    def _proposal(self, spec: ToolSpec) -> str:
        """What would be done, with every argument by value, and the question whether to do it."""
        shown = {p.name: self._shown(p) for p in spec.params if p.name in self.arguments}
        text = second_person(fill(spec.ask, shown)) if spec.ask else spec.description.rstrip(".").lower()
        rest = [
            f"{p.label}: {shown[p.name]}"
            for p in spec.params
            if p.name in shown and not p.personal and f"{{{p.name}}}" not in spec.ask
        ]
        extra = f" ({'; '.join(rest)})" if rest else ""
        self.proposed = text
        sorry, self.sorry = self.sorry, ""
        return f"{sorry}To confirm: you would like to {text}{extra}. Shall I go ahead?"

    def _shown(self, param: Param) -> str:
        value = self.arguments[param.name]
        if param.meaning.kind != "identifier":
            return spoken(value, param.meaning)
        ids = value if isinstance(value, list) else [value]
        return " and ".join(self._called(param, str(i)) for i in ids)

    def _called(self, param: Param, key: str) -> str:
        referent = next((r for r in self._candidates(param) if r.id == key), None)
        name = next((str(a.value) for a in (referent.attributes if referent else ()) if a.field in NAMES), "")
        return f"{name} ({key})" if name else f"{noun_of(self.specs, param.meaning.of)} {key}"

    def _finish(self) -> AgentTurn:
        """Report, answer or decline, once the tools of a matter are used."""
        self.finished = True
        matter = self.script[self.matter]
        if matter.ends == "refusal":
            return self._decline(matter)
        if matter.ends == "missing":
            self.declined += 1
            again = "I did check again, and " if self.declined > 1 else "I'm sorry, but "
            return AgentTurn(text=f"{again}I have no way to do that here: none of my tools does it.")
        if matter.ends == "answer":
            return self._answer()
        return AgentTurn(text=f"Done. You asked me to {self.proposed}, and that is settled. {self._report()}{MORE}")

    def _report(self) -> str:
        last = self.view.messages[-1]
        made = [r for r in self.seen if r.source == len(self.view.messages) - 1] if last["role"] == "tool" else []
        telling = [a for a in made[0].attributes if a.meaning.kind in {"date", "amount", "choice"}][:3] if made else []
        parts = [f"{asked_label(a.field, a.meaning)} {spoken(a.value, a.meaning)}" for a in telling]
        return sentence(f"for your records: {', '.join(parts)}") + " " if parts else ""

    def _answer(self) -> AgentTurn:
        """Tell the value asked for: of the one record the question fits, the one read last where tables differ; or a
        figure of the policy, or what all records of a kind add up to.
        """
        if figure := reading.figure(self._words(), self.view.system):
            return AgentTurn(text=f"Our rules say {figure}. {MORE}")
        if total := self._total():
            return AgentTurn(text=f"Together that is {total}. {MORE}")
        found = [fit for table in dict.fromkeys(r.table for r in self.seen) if (fit := self._fitting(table))]
        if not found:
            raise GaveUp("the question names nothing that was read")
        _, _, asked, value = max(found)
        return AgentTurn(text=f"The {asked} is {value}. {MORE}")

    def _total(self) -> str:
        """What a field of all records of a kind adds up to, where the question is for that."""
        words = self._words().casefold()
        for table in dict.fromkeys(r.table for r in self.seen):
            among = list({r.id: r for r in latest(self.seen, table)}.values())
            for a in among[0].attributes if among else ():
                if f"what the {label(a.field)} of all my {noun_of(self.specs, table)}s adds up to".casefold() in words:
                    values = [v.value for r in among if (v := r.attribute(a.field)) is not None]
                    return spoken(money(sum(v for v in values if isinstance(v, int | float))), a.meaning)
        return ""

    def _fitting(self, table: str) -> tuple[int, int, str, str] | None:
        """The value of a table's record that the question names: length of the fit, source, what is asked, the value;
        None when it names no record of the table, or several.
        """
        words = self._words().casefold()
        among = latest(self.seen, table)
        fits: dict[str, tuple[int, int, str, str]] = {}
        for referent in among:
            named = reading.phrases(referent, among, [noun_of(self.specs, table)])
            names = ["my account"] if table == self.people else list(named)
            for a in (a for a in referent.attributes if a.meaning.kind in SPEAKABLE):
                for asked in (f"{asked_label(a.field, a.meaning)} of {n}" for n in names):
                    if f"the {asked}".casefold() in words and len(asked) > fits.get(referent.id, (0,))[0]:
                        told = (len(asked), referent.source, second_person(asked), spoken(a.value, a.meaning))
                        fits[referent.id] = told
        best = max(fits.values(), default=None)
        return best if best and sum(1 for f in fits.values() if f[0] == best[0]) == 1 else None

    def _decline(self, matter: Matter) -> AgentTurn:
        self.declined += 1
        fact = self._deciding(matter)
        if self.declined > 1:
            return AgentTurn(
                text=f"I understand, and I did check: the {matter.fact} is {fact}, so I cannot make an exception."
            )
        numbered = re.search(rf"^\s*{re.escape(matter.clause)}\s", self.view.system, re.MULTILINE) is not None
        law = f"clause {matter.clause} of our policy" if numbered else "our policy"
        reason = f"the {matter.fact} is {fact}, and {law} does not allow it then"
        return AgentTurn(text=f"I'm sorry, but I can't do that: {reason}.")

    def _deciding(self, matter: Matter) -> str:
        """The value of the deciding fact, read off the records that the request is about."""
        if not matter.forbidden:
            raise GaveUp("the task does not say what is refused, and why")
        spec = self.specs[matter.forbidden]
        chosen: set[str] = set()
        about = [p for p in spec.params if p.name == matter.fact_of] or spec.params
        for param in about:
            value = self.arguments.get(param.name)
            if param.meaning.kind == "identifier" and value is not None:
                chosen |= {str(v) for v in (value if isinstance(value, list) else [value])}
        near = chosen | {i for r in self.seen if r.id in chosen for _, i in r.context}
        for ids in (chosen, near, {r.id for r in self.seen}):
            for referent in reversed(self.seen):
                for a in referent.attributes:
                    if referent.id in ids and asked_label(a.field, a.meaning) == matter.fact:
                        return spoken(a.value, a.meaning)
        raise GaveUp(f"the {matter.fact} was never shown")

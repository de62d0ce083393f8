"""What a run is expected to take, before it begins: from what it took so far, or from a rehearsal of a few tasks."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory

from apigen_mt.attempts import broke_off, whole
from apigen_mt.blueprint_files import Given
from apigen_mt.cast.model_human import SCORER, ModelHuman
from apigen_mt.cast.ports import HumanView
from apigen_mt.config import Command, Config
from apigen_mt.config_roles import RoleConfig, Roles
from apigen_mt.draft_contexts import settings_of
from apigen_mt.drafting import adraft
from apigen_mt.generating import agenerate
from apigen_mt.judges import question as judged
from apigen_mt.models.answers import REPAIR
from apigen_mt.models.chat import ChatReply, ChatRequest, ReplyKey, Sampling, Usage, tokens_of
from apigen_mt.models.prices import dollars
from apigen_mt.persona_files import read_personas
from apigen_mt.playing import Ready, aplay
from apigen_mt.run_folder import RunFolder, refuse_foreign
from apigen_mt.spending import priced, role_behind
from apigen_mt.trajectory import Row
from blueprints.blueprint import Blueprint, Rejected
from blueprints.committee.material import question as reviewed
from blueprints.drafted.context import sample_context
from blueprints.drafted.propose import prompt_of
from blueprints.judging.fidelity import HumanTurn
from blueprints.model_author import ModelAuthor
from blueprints.personas import shipped
from tools_env.course import Said
from tools_env.port import World
from tools_env.resolve import resolve
from tools_env.values import Json, Part, compact

SAMPLE = 6
"""So many tasks are rehearsed."""
WORDS, FORM, VOTE, PROPOSAL = 60, 40, 150, 700
"""Tokens that a model is taken to need for a message in words, for a form around it, for an opinion with its reasons,
and for a task that it proposes.
"""


class Expected(Part):
    """What one role is expected to take; dollars are none where no price is known."""

    role: str
    model: str
    calls: int
    usage: Usage
    dollars: float | None


class Forecast(Part):
    """What is left of a run and what that is expected to take, with all that was assumed, one line each.

    `unit` is what is counted: tasks, talks, or blueprints. `share` is how much of it the budget covers; none without
    a budget, or where it cannot be told.
    """

    unit: str
    asked: int
    left: int
    roles: tuple[Expected, ...] = ()
    tokens: int = 0
    dollars: float | None = None
    share: float | None = None
    assumed: tuple[str, ...] = ()


@dataclass(slots=True)
class _Tally:
    """Calls and tokens by role while they are foreseen."""

    calls: dict[str, float] = field(default_factory=dict)
    prompt: dict[str, float] = field(default_factory=dict)
    completion: dict[str, float] = field(default_factory=dict)

    def add(self, role: str, prompt: float, completion: float, times: float = 1) -> None:
        """So many calls with a prompt and a reply of so many tokens."""
        for counts, amount in ((self.calls, 1.0), (self.prompt, prompt), (self.completion, completion)):
            counts[role] = counts.get(role, 0.0) + times * amount

    def expected(self, config: Config, times: float) -> Iterator[Expected]:
        """Each role that a model plays, so many times over."""
        for role in sorted(self.calls):
            played = role_behind(role, config)
            usage = Usage(prompt=round(times * self.prompt[role]), completion=round(times * self.completion[role]))
            price = config.prices.get(played.model)
            paid = None if price is None else dollars(price.of(usage))
            yield Expected(
                role=role, model=played.model, calls=round(times * self.calls[role]), usage=usage, dollars=paid
            )


async def forecast(command: Command, config: Config, out: Path, given: Given | None = None) -> Forecast:
    """What the command is expected to take from here on; nobody is asked, and nothing is written.

    `given` are the blueprints of `play` and `evaluate`. Raises what the command itself would raise at its start.
    """
    config = priced(config, command)
    refuse_foreign(out)
    unit = "blueprints" if command == "draft" else "tasks" if command == "generate" else "talks"
    asked = config.count * (config.attempts if unit == "talks" else 1)
    folder = RunFolder(out) if RunFolder.looks_like(out) else None
    done = 0 if folder is None else _done(folder)
    left = max(0, asked - done)
    models = config.models(command)
    assumed: tuple[str, ...] = ("no model plays: nothing is asked",)
    tally, times = _Tally(), 0.0
    spent: Mapping[str, Usage] = {} if folder is None else folder.tokens()
    if models and left and folder is not None and done and (spent or folder.reused()):
        tally, times = _measured(folder), left / done
        assumed = (f"each of the {left} {unit} to go takes what the {done} that are done took on average",)
    elif models and left:
        tally, size, assumed = await _rehearsed(command, config, given)
        times = left / size
    roles = tuple(tally.expected(config, times))
    tokens, paid = sum(role.usage.total for role in roles), [role.dollars for role in roles]
    known = None if None in paid or not paid else sum(p for p in paid if p is not None)
    share = _share(config, spent, tokens, known)
    return Forecast(
        unit=unit, asked=asked, left=left, roles=roles, tokens=tokens, dollars=known, share=share, assumed=assumed
    )


def _share(config: Config, spent: Mapping[str, Usage], tokens: int, money: float | None) -> float | None:
    """How much of what is left the budgets of the run cover, at most all of it."""
    shares = []
    if config.budget_tokens is not None and tokens:
        shares.append((config.budget_tokens - sum(u.total for u in spent.values())) / tokens)
    if config.budget_usd is not None and money:
        prices = ((config.prices.get(role_behind(name, config).model), used) for name, used in spent.items())
        paid = sum(price.of(used) for price, used in prices if price is not None)
        shares.append((config.budget_usd - dollars(paid)) / money)
    return min(1.0, max(0.0, min(shares))) if shares else None


def _done(folder: RunFolder) -> int:
    """How much of a run is done, in its own unit."""
    if folder.command == "draft":
        return sum(outcome.accepted is not None for outcome in folder.drafts())
    if folder.command == "generate":
        return sum(not broke_off(outcome) for outcome in folder.outcomes())
    return sum(len(whole(outcome)) + len(outcome.repeated) for outcome in folder.outcomes())


def _measured(folder: RunFolder) -> _Tally:
    """What a run has taken so far, whoever paid for it."""
    tally, calls = _Tally(), folder.calls()
    for found in (folder.tokens(), folder.reused()):
        for name, used in found.items():
            tally.add(name.removesuffix(REPAIR), used.prompt, used.completion)
    tally.calls = {}
    for name, count in calls.items():
        role = name.removesuffix(REPAIR)
        tally.calls[role] = tally.calls.get(role, 0.0) + count
    return tally


async def _rehearsed(command: Command, config: Config, given: Given | None) -> tuple[_Tally, int, tuple[str, ...]]:
    """What a few tasks would take if models said about as much as rehearsal's scripts: the tally, of how many."""
    script = config.model_copy(
        update={
            "roles": Roles(), "judges": (), "reviewers": (), "summariser": RoleConfig(), "mode": "grounded",
            "control": "", "attempts": 1, "count": min(SAMPLE, config.count), "budget_tokens": None,
            "budget_usd": None, "stages": {}, "cache": False, "max_attempts": None,
        }
    )  # fmt: skip
    tally = _Tally()
    with TemporaryDirectory(prefix="apigen-mt-dry-run-") as place:
        out = Path(place) / "run"
        if command == "draft":
            drafts = await adraft(script, out)
            world = resolve(config.domain, Path.cwd())
            await _foresee_drafts(tally, config, world, drafts.blueprints)
            return tally, len(drafts.blueprints) or 1, (_basis(len(drafts.blueprints), "drafted", config), *_DRAFTED)
        if given is None:
            run = await agenerate(script, out)
            world = resolve(config.domain, Path.cwd())
            worlds = {world.name: world}
        else:
            some = Given(given.blueprints[: script.count], given.worlds)
            run = await aplay(Ready(script.model_copy(update={"count": len(some.blueprints)}), some), out)
            worlds = given.worlds
    rows = [row for outcome in run.outcomes for row in (*outcome.rows, *outcome.failures)]
    if given is None and config.roles.author.model:
        await _foresee_words(tally, "author", config.roles.author, [row.blueprint for row in rows])
    each = config.attempts if given is None else 1
    for row in rows:
        await _foresee_talk(tally, config, worlds[row.blueprint.domain], row, each)
    return tally, len(run.outcomes) or 1, (_basis(len(run.outcomes), "played", config), *_PLAYED)


def _basis(count: int, how: str, config: Config) -> str:
    return f"a task takes as many calls as in {count} that were {how} by rehearsal's scripts, seed {config.seed}"


_PLAYED = (
    f"a model says {WORDS} tokens in a message, or as much as the script if that is more, and does not think aloud",
    "four bytes are a token; no prompt is cached, no reply asked for twice, no talk shorter or longer for its faults",
)
_DRAFTED = (
    f"a reviewer says {VOTE} tokens, an author of words as much as the template, one of whole tasks {PROPOSAL}",
    "four bytes are a token; no prompt is cached; every task stands at the first try, and nobody thinks aloud",
)


async def _foresee_talk(tally: _Tally, config: Config, world: World, row: Row, times: float) -> None:
    """The talk of a row, had models spoken in it."""
    agent, human = config.roles.agent, config.roles.human
    if agent.model:
        so_far = len(row.system.encode()) + sum(len(compact(tool).encode()) for tool in row.tools)
        for message in row.messages:
            size = _size(message)
            if message["role"] == "assistant":
                tally.add("agent", tokens_of(so_far), _capped(agent, tokens_of(size)), times)
            so_far += size
    if human.model:
        await _foresee_human(tally, config, world, row, times)
    for judge in config.judges if row.verdict.ok else ():
        prompt = judged(row.blueprint, row.course, row.system)
        tally.add(f"judge:{judge.name}", _tokens(prompt), _capped(judge, VOTE), times)


def _size(message: Mapping[str, Json]) -> int:
    """Bytes of a message, were it a model's: calls as they are, words at least as many as models use."""
    text = str(message.get("content") or "")
    said = 4 * max(WORDS, _tokens(text)) if text and message["role"] != "tool" else len(text.encode())
    return said + len(compact(message.get("tool_calls") or "").encode())


class _StandIn:
    """A client that has the script's words for each turn, and counts what it is asked."""

    base_url = ""

    def __init__(self, turns: Iterable[HumanTurn], note: dict[int, int]) -> None:
        self.turns = [turn.model_dump_json(exclude={"turn"}) for turn in turns]
        self.prompts = note

    async def complete(self, key: ReplyKey, request: ChatRequest) -> ChatReply:
        """The scripted turn; the length of its prompt is noted, that of the first try."""
        self.prompts.setdefault(key.turn, request.worst().prompt)
        return ChatReply(text=self.turns[key.turn])


async def _foresee_human(tally: _Tally, config: Config, world: World, row: Row, times: float) -> None:
    """The person's turns: every candidate is asked for once and scored once."""
    role, prompts = config.roles.human, dict[int, int]()
    human = ModelHuman(row.blueprint, world, _StandIn(row.human_turns, prompts), role, Sampling(), row.attempt)
    events = [(place, event) for place, event in enumerate(row.course.events) if isinstance(event, Said)]
    for number, turn in enumerate(row.human_turns):
        said = tuple((event.speaker, event.text) for place, event in events if place < turn.turn)
        await human.speak(HumanView(dialogue=said, turn=number))
        if (prompt := prompts.get(number)) is not None:
            reply = _capped(role, FORM + max(WORDS, _tokens(turn.text)))
            tally.add("human", prompt, reply, times * config.candidates)
            if config.candidates > 1:
                tally.add(SCORER, prompt, _capped(role, FORM), times * config.candidates)


async def _foresee_words(tally: _Tally, name: str, role: RoleConfig, blueprints: Iterable[Blueprint]) -> None:
    """An author's words, once for all that share them."""
    told: set[str] = set()

    async def note(prompt: str, _: str, __: int, ___: object) -> Rejected:
        says = sum(max(WORDS, _tokens(stage.say)) for stage in blueprint.stages)
        tally.add(name, _tokens(prompt), _capped(role, WORDS + says))
        return Rejected(stage="author", reason="nobody was asked")

    for blueprint in blueprints:
        if blueprint.instruction not in told:
            told.add(blueprint.instruction)
            await ModelAuthor(role.model, note).word(blueprint, ())


async def _foresee_drafts(tally: _Tally, config: Config, world: World, blueprints: tuple[Blueprint, ...]) -> None:
    """Phase one of tasks that stand at the first try: an author, and every reviewer once."""
    author = config.roles.author
    if config.mode == "drafted":
        personas = read_personas(Path(config.personas)) if config.personas else shipped()
        for index in range(len(blueprints)):
            context = sample_context(world, config.seed, index, settings_of(config), personas, ())
            if not isinstance(context, Rejected):
                tally.add("author", _tokens(prompt_of(context, ())), _capped(author, PROPOSAL))
    elif author.model:
        await _foresee_words(tally, "author", author, blueprints)
    for blueprint in blueprints:
        prompt = _tokens(reviewed(blueprint, world).prompt) if config.reviewers else 0
        for reviewer in config.reviewers:
            tally.add(f"reviewer:{reviewer.name}", prompt, _capped(reviewer, VOTE))


def _tokens(text: str) -> int:
    return tokens_of(len(text.encode()))


def _capped(role: RoleConfig, tokens: int) -> int:
    """A reply is no longer than what is asked for."""
    return tokens if role.max_tokens is None else min(tokens, role.max_tokens)


def lines(found: Forecast) -> Iterator[str]:
    """The forecast as plain text."""
    yield f"dry run: {found.left} of {found.asked} {found.unit} to go; nothing was asked and nothing written"
    if found.roles:
        yield f"  {'':<28} {'calls':>9} {'tokens in':>13} {'tokens out':>12}  dollars"
    for role in found.roles:
        counts = f"{role.calls:>9,} {role.usage.prompt:>13,} {role.usage.completion:>12,}"
        yield f"  {f'{role.role} ({role.model})':<28} {counts}  {_told(role.dollars)}"
    if found.roles:
        calls, said = sum(r.calls for r in found.roles), sum(r.usage.completion for r in found.roles)
        yield f"  {'all':<28} {calls:>9,} {found.tokens - said:>13,} {said:>12,}  {_told(found.dollars)}"
    yield from (f"  assumed: {one}" for one in found.assumed)
    if found.share is not None:
        yield f"  the budget covers {'all of it' if found.share >= 1 else f'about {found.share:.0%} of it'}"


def _told(amount: float | None) -> str:
    return "unknown" if amount is None else f"${amount:,.2f}"

"""Rows for tests: short talks really played on the library, by hand, and judged."""

from apigen_mt.messages import messages_of, train_flags
from apigen_mt.trajectory import Cast, Outcome, Role, Row
from blueprints.blueprint import Blueprint, Known, Rejected, Stage
from blueprints.judging.fidelity import STOP, HumanTurn
from blueprints.judging.judge import carried_out, judge
from tools_env.calls import Call, Result
from tools_env.course import Called, Course, Event, Said
from tools_env.port import Person, World
from tools_env.resolve import resolve
from tools_env.values import Json, Meaning

ORACLE = Cast(author=Role(source="template"), human=Role(source="scripted"), agent=Role(source="oracle"))
MODEL = Cast(
    author=Role(source="template"),
    human=Role(source="model", model="person-7b", temperature=0.7),
    agent=Role(source="model", model="clerk-7b", temperature=0.0),
)
LOAN = Meaning("identifier", "loans")


def library() -> World:
    return resolve("library")


class Scene:
    """A talk being played: what is said, and calls carried out in a session of its own."""

    def __init__(self, world: World, snapshot: str) -> None:
        self.world = world
        self.session = world.open(snapshot)
        self.events: list[Event] = []
        self.turns: list[HumanTurn] = []
        self.batch = 0

    def human(self, act: str, text: str, *facts: str, agreed: str = "") -> None:
        turn = {"act": act, "text": text, "fact_ids": facts, "turn": len(self.events), "consents_to": agreed}
        self.turns.append(HumanTurn.model_validate(turn))
        self.events.append(Said(speaker="human", text=text))

    def agent(self, text: str) -> None:
        self.events.append(Said(speaker="agent", text=text))

    def calls(self, *calls: Call, beside: str = "", reasoning: str = "") -> list[Json]:
        if beside:
            self.events.append(Said(speaker="agent", text=beside, batch=self.batch))
        shown: list[Json] = []
        for number, call in enumerate(calls):
            outcome = self.session.call(call)
            spec = self.world.specs.get(call.name)
            self.events.append(
                Called(
                    call_id=f"call_{sum(isinstance(e, Called) for e in self.events) + 1}",
                    call=call,
                    outcome=outcome,
                    writes=spec is not None and spec.writes,
                    batch=self.batch,
                    reasoning="" if number else reasoning,
                )
            )
            shown.append(outcome.observed())
        self.batch += 1
        return shown

    def course(self) -> Course:
        return Course(events=tuple(self.events))


def renewable(world: World, snapshot: str, number: int) -> tuple[Person, dict[str, Json]]:
    """The number-th member who may renew a loan, with one such loan."""
    session, now = world.open(snapshot), world.brief(snapshot).now.isoformat()
    for person in world.brief(snapshot).people:
        outcome = session.fork().call(Call(name="list_loans", arguments={"member_id": person.id}))
        loans = outcome.value if isinstance(outcome, Result) and isinstance(outcome.value, list) else []
        for loan in loans:
            if not isinstance(loan, dict) or str(loan["due"]) < now:
                continue
            trial = session.fork()
            done = trial.call(Call(name="renew_loan", arguments={"loan_id": loan["loan_id"]}))
            if isinstance(done, Result) and not trial.breaches(Course()):
                if not number:
                    return person, loan
                number -= 1
                break
    raise LookupError("no such member")


def row(
    number: int = 0,
    *,
    cast: Cast = ORACLE,
    goodbye: str = "",
    slip: bool = False,
    beside: str = "",
    parallel: bool = False,
    finished: bool = True,
    domain: World | None = None,
) -> Row:
    """A member renews a loan. `slip`: the agent first names a wrong member; `parallel`: two calls in one message;
    `beside`: words beside its first call; not `finished`: nothing is renewed, so that the talk fails."""
    world, snapshot = domain or library(), "seed:0"
    person, loan = renewable(world, snapshot, number)
    email, title = str(person.facts["email"].value), str(loan["title"])
    scene = Scene(world, snapshot)
    scene.human("raise", f"Hi, I want to renew my loan of {title}.", "loan_id.title")
    scene.agent("What is your email address?")
    scene.human("answer", f"It is {email}.", "email")
    find = Call(name="find_member", arguments={"email": email})
    scene.calls(find, beside=beside, reasoning="Find them first." if beside else "")
    listing = Call(name="list_loans", arguments={"member_id": person.id})
    if slip:
        scene.calls(Call(name="list_loans", arguments={"member": person.id}))
    scene.calls(*([listing, find] if parallel else [listing]))
    scene.agent(f"Shall I renew your loan of {title}, loan {loan['loan_id']}?")
    scene.human("confirm", "Yes, please.", agreed=f"renew {loan['loan_id']}")
    renew = Call(name="renew_loan", arguments={"loan_id": loan["loan_id"]})
    renewed = scene.calls(renew)[0] if finished else loan
    scene.agent(f"It is now due on {renewed['due']}." if isinstance(renewed, dict) else "It did not work.")
    scene.human("stop", f"{goodbye} {STOP}".strip())
    blueprint = _blueprint(world, snapshot, person, title, (find, listing, renew))
    return _row(world, blueprint, scene, cast)


def _blueprint(world: World, snapshot: str, person: Person, title: str, actions: tuple[Call, ...]) -> Blueprint:
    session = world.open(snapshot)
    for action in actions:
        session.call(action)
    own = {n: Known(value=f.value, meaning=f.meaning, disclose="if_asked", label=n) for n, f in person.facts.items()}
    wanted = {
        "loan_id": Known(
            value=None,
            meaning=LOAN,
            disclose="unknown",
            label="loan",
            about="loan_id",
            phrase=f"{title}",
            vague="one of my loans",
        ),
        "loan_id.title": Known(
            value=title, meaning=Meaning("choice"), disclose="volunteer", label="title", about="loan_id", field="title"
        ),
    }
    say = f"Hi, I want to renew my loan of {title}."
    return Blueprint(
        domain=world.name,
        digest=world.digest,
        snapshot=snapshot,
        person=person.id,
        instruction=f"You want to renew your loan of {title}.",
        stages=(Stage(say=say, wants="change", facts=("loan_id.title",), intent="renew my loan of {loan_id}"),),
        known=own | wanted,
        actions=actions,
        diff=session.diff(),
        kind="act",
        clauses=("1", "3"),
        operators=("describe",),
    ).sealed()


def _row(world: World, blueprint: Blueprint, scene: Scene, cast: Cast) -> Row:
    course = scene.course()
    messages = messages_of(course)
    return Row(
        id=f"{blueprint.id}/0",
        attempt=0,
        blueprint=blueprint,
        cast=cast,
        system=world.brief(blueprint.snapshot).policy,
        tools=tuple(s.function() for s in world.specs.values()),
        messages=messages,
        train=train_flags(course, messages),
        course=course,
        human_turns=tuple(scene.turns),
        end_reason="user_stop",
        verdict=judge(blueprint, course, tuple(scene.turns), "user_stop", world),
        fingerprint=carried_out(blueprint, course, world).fingerprint,
        touched=tuple(dict.fromkeys(t for step in course.done() for t in step.result.touched)),
    )


def kept(task: int, row: Row) -> Outcome:
    return Outcome(task=task, status="kept", kind=row.blueprint.kind, blueprint=row.blueprint, rows=(row,))


def failed(task: int, row: Row) -> Outcome:
    return Outcome(task=task, status="failed", kind=row.blueprint.kind, blueprint=row.blueprint, failures=(row,))


def rejected(task: int, stage: str, reason: str) -> Outcome:
    return Outcome(task=task, status="rejected", kind="act", reasons=(Rejected(stage=stage, reason=reason),))

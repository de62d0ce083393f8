"""The same calls in another order: reads and changes of which neither needs the other."""

from apigen_mt.audit.editing import Talk, agent
from apigen_mt.audit.places import all_carried_out, asked_before, finders, ids_in, otherwise, showing
from blueprints.blueprint import Output
from blueprints.judging.fidelity import HumanTurn
from tools_env.values import leaves, under


def reads_swapped(talk: Talk) -> Talk | None:
    """Two reads in a row in the other order, where neither shows what the other uses."""
    for one, two in zip(talk.reads(), talk.reads()[1:], strict=False):
        if two != one + 1 or one in finders(talk):
            continue
        shown = {str(v) for v in leaves(talk.called(one).outcome.observed())}
        used = {str(v) for v in leaves(talk.called(two).call.arguments)}
        if not shown & used - {talk.blueprint.person} and talk.called(one).call != talk.called(two).call:
            return talk.moved(two, one).honest()
    return None


def writes_swapped(talk: Talk) -> Talk | None:
    """Two matters agreed to in one message, and carried out in the other order."""
    return _joined(talk, swapped=True)


def one_yes_for_two(talk: Talk) -> Talk | None:
    """Two matters proposed in one message and agreed to at once."""
    return _joined(talk, swapped=False)


def _joined(talk: Talk, *, swapped: bool) -> Talk | None:
    """Both matters raised first, all that was to be read read, both proposed, agreed to and carried out."""
    places, raised = talk.writes(), talk.acts("raise")
    if len(places) != 2 or len(raised) != 2 or talk.blueprint.outputs or not finders(talk):  # noqa: PLR2004 - two
        return None
    one, two = places
    asked = [asked_before(talk, place) for place in places]
    if not raised[0] < one < raised[1] < two or None in asked or talk.acts("push_back"):
        return None
    if any(talk.world.specs[talk.called(place).call.name].hands_over for place in places):
        return None
    if any(stage.change for stage in talk.blueprint.stages):
        return None
    if any(min(showing(talk, key, two), default=-1) == one for key in ids_in(talk, two)):
        return None
    found = finders(talk)[-1]
    if not raised[0] < found < one:
        return None
    reads = [talk.items[n] for n in talk.reads() if n > found and n < two]
    second = talk.items[raised[1]]
    proposals = " ".join(talk.text(n) for n in asked if n is not None)
    start = [*talk.items[: found + 1], (agent("Thank you. What else can I do for you?"), None), second, *reads]
    agreed = [h for h in (talk.items[n + 1][1] for n in asked if n is not None) if h is not None]
    consent = " and ".join(h.consents_to for h in agreed)
    yes = HumanTurn(act="confirm", consents_to=consent, text="Yes, both of it, please.")
    made = [talk.items[two], talk.items[one]] if swapped else [talk.items[one], talk.items[two]]
    whole = talk.rebuilt([*start, *talk.items[-2:]]).with_at(len(start), agent(proposals), yes)
    end = len(whole.items) - 2
    varied = whole.rebuilt([*whole.items[:end], *made, *whole.items[end:]]).honest()
    read = range(len(start) - len(reads), len(start))
    return varied if all_carried_out(varied, *read, end, end + 1) and not otherwise(talk, varied) else None


def parts_of(talk: Talk, output: Output) -> list[float]:
    """The amounts that a total is made of, as they were read."""
    found: list[float] = []
    for place in talk.reads():
        shown = [v for v in under(talk.called(place).outcome.observed(), output.name) if isinstance(v, int | float)]
        total = output.value if isinstance(output.value, int | float) else 0.0
        if len(shown) > 1 and abs(sum(shown) - total) < 0.005:  # noqa: PLR2004 - half a cent
            found = [float(v) for v in shown]
    return found

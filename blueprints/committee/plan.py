"""The plan: all reasons as one advice to the author; it judges nothing itself (arXiv 2504.03601 §3, stage 3)."""

from collections.abc import Sequence

from pydantic import Field

from blueprints.blueprint import Blueprint, Rejected
from blueprints.committee.material import filled, flat, quoted, task
from blueprints.model_author import Ask
from tools_env.values import Part

WORDS_ONLY = (
    "The author can alter only the words: the background, and the message with which each wish is put. "
    "What the person wants, the facts, the calls and the answers are fixed."
)
EVERYTHING = "The author can alter everything: the words, the facts, the calls and the answers."


class Plan(Part):
    """What the summariser fills in."""

    plan: str = Field(min_length=1)


async def improvement_plan(
    ask: Ask, blueprint: Blueprint, reasons: Sequence[Rejected], number: int = 0
) -> str | Rejected:
    """One plan for the author from all the reasons of round `number`, or why there is none: then the reasons are it."""
    if not reasons:
        raise ValueError("without reasons there is nothing to plan")
    answer = await ask(plan_prompt(blueprint, reasons), blueprint.substance(), number, Plan)
    if isinstance(answer, Rejected):
        return answer
    if not isinstance(answer, Plan) or not answer.plan.strip():
        return Rejected(stage="plan", reason="the summariser gave no plan")
    return answer.plan.strip()


def plan_prompt(blueprint: Blueprint, reasons: Sequence[Rejected]) -> str:
    """What the summariser is asked."""
    parts = {
        "scope": EVERYTHING if blueprint.provenance.mode == "drafted" else WORDS_ONLY,
        "task": quoted("\n".join(task(blueprint))),
        "reasons": quoted("\n".join(flat(f"- {r.stage}: {r.reason}") for r in reasons)),
    }
    return filled("plan.md", parts)

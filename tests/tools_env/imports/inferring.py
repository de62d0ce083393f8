"""What tests ask of inferred meanings."""

from tools_env.imports.inference import Inferred
from tools_env.tool import Param
from tools_env.values import Meaning


def kind(meaning: Meaning | None) -> str:
    return "" if meaning is None else f"{meaning.kind} {meaning.of}".strip()


def param(found: Inferred, tool: str, name: str) -> Param:
    return next(p for p in found.params(tool) if p.name == name)


def yields(found: Inferred, tool: str) -> dict[str, str]:
    return {y.path: kind(y.meaning) for y in found.yields(tool)}


def own(found: Inferred, tool: str) -> set[str]:
    return {y.path for y in found.yields(tool) if y.own}


def feeds(found: Inferred, source: str, target: str) -> set[str]:
    given = {y.meaning.of for y in found.yields(source) if y.meaning.kind == "identifier"}
    return {p.name for p in found.params(target) if p.meaning.kind == "identifier" and p.meaning.of in given}

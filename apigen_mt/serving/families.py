"""Which of vLLM's parsers reads the tool calls and the reasoning of a model, by its family."""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

NONE: Final = "none"
"""No parser, asked for by name."""


@dataclass(frozen=True, slots=True)
class Parsers:
    """Names of vLLM's parsers, empty for none; `family` says of which models they are."""

    family: str
    tools: str = ""
    reasoning: str = ""


_NAMED: tuple[tuple[str, Parsers], ...] = (
    (r"xlam", Parsers("xLAM", "xlam")),
    (r"functiongemma", Parsers("FunctionGemma", "functiongemma")),
    (r"gpt-?oss", Parsers("gpt-oss", "openai", "openai_gptoss")),
    (r"r1-distill|r1-0528-qwen", Parsers("DeepSeek-R1 distilled", "", "deepseek_r1")),
    (r"deepseek.*v4\.1", Parsers("DeepSeek-V4.1", "deepseek_v41", "deepseek_v41")),
    (r"deepseek.*v4", Parsers("DeepSeek-V4", "deepseek_v4", "deepseek_v4")),
    (r"deepseek.*v3\.2", Parsers("DeepSeek-V3.2", "deepseek_v32", "deepseek_v3")),
    (r"deepseek.*v3\.1", Parsers("DeepSeek-V3.1", "deepseek_v31", "deepseek_v3")),
    (r"deepseek.*r1", Parsers("DeepSeek-R1", "deepseek_v3", "deepseek_r1")),
    (r"deepseek.*v3", Parsers("DeepSeek-V3", "deepseek_v3")),
    (r"hermes", Parsers("Hermes", "hermes")),
    (r"nemotron-3", Parsers("Nemotron 3", "qwen3_coder", "nemotron_v3")),
    (r"nemotron", Parsers("Nemotron")),
    (r"qwen-?3(\.\d)?-coder", Parsers("Qwen3-Coder", "qwen3_coder")),
    (r"qwen-?3\.\d", Parsers("Qwen3.5", "qwen3_coder", "qwen3")),
    (r"qwen-?3.*instruct", Parsers("Qwen3 Instruct", "hermes")),
    (r"qwen-?3", Parsers("Qwen3", "hermes", "qwen3")),
    (r"qwq", Parsers("QwQ", "hermes", "deepseek_r1")),
    (r"qwen-?2", Parsers("Qwen2.5", "hermes")),
    (r"llama-?4", Parsers("Llama 4", "llama4_pythonic")),
    (r"llama-?3", Parsers("Llama 3", "llama3_json")),
    (r"magistral", Parsers("Magistral", "mistral", "mistral")),
    (r"mistral|mixtral|ministral|devstral", Parsers("Mistral", "mistral")),
    (r"glm-?(4\.7|[5-9])", Parsers("GLM-4.7", "glm47", "glm45")),
    (r"glm-?4\.[56]", Parsers("GLM-4.5", "glm45", "glm45")),
    (r"kimi-k3", Parsers("Kimi K3", "kimi_k3", "kimi_k3")),
    (r"kimi-k2(\.\d|-thinking)", Parsers("Kimi K2 Thinking", "kimi_k2", "kimi_k2")),
    (r"kimi-k2", Parsers("Kimi K2", "kimi_k2")),
    (r"granite-20b-functioncalling", Parsers("Granite 20B", "granite-20b-fc")),
    (r"granite-?4", Parsers("Granite 4", "granite4")),
    (r"granite", Parsers("Granite", "granite")),
    (r"phi-?4-mini", Parsers("Phi-4-mini", "phi4_mini_json")),
    (r"gemma-?4", Parsers("Gemma 4", "gemma4", "gemma4")),
    (r"minimax-m3", Parsers("MiniMax-M3", "minimax_m3", "minimax_m3")),
    (r"minimax-m2", Parsers("MiniMax-M2", "minimax_m2", "minimax_m2")),
    (r"seed-oss", Parsers("Seed-OSS", "seed_oss", "seed_oss")),
    (r"hunyuan-a13b", Parsers("Hunyuan-A13B", "hunyuan_a13b", "hunyuan_a13b")),
    (r"ernie-4\.5.*thinking", Parsers("ERNIE 4.5 Thinking", "ernie45", "ernie45")),
    (r"ernie-4\.5", Parsers("ERNIE 4.5", "ernie45")),
    (r"olmo-?3.*think", Parsers("OLMo 3 Think", "olmo3", "olmo3")),
    (r"olmo-?3", Parsers("OLMo 3", "olmo3")),
    (r"step-?3\.5", Parsers("Step 3.5", "step3p5", "step3p5")),
    (r"step-?3", Parsers("Step 3", "step3", "step3")),
    (r"mimo", Parsers("MiMo", "mimo", "mimo")),
    (r"internlm", Parsers("InternLM", "internlm")),
    (r"jamba", Parsers("Jamba", "jamba")),
    (r"lfm-?2", Parsers("LFM2", "lfm2")),
    (r"longcat", Parsers("LongCat", "longcat")),
    (r"gigachat-?3", Parsers("GigaChat 3", "gigachat3")),
    (r"apertus", Parsers("Apertus", "apertus")),
)
"""Parts of names, the special before the general. The parsers are those of vLLM 0.32, under names that older versions
know too. A parser that takes all text up to a closing tag for reasoning must not be given to models that never think,
so where a family has both sorts, the name decides.
"""

_TYPED: Mapping[str, Parsers] = {
    "apertus": Parsers("Apertus", "apertus"),
    "deepseek_v3": Parsers("DeepSeek-V3", "deepseek_v3"),
    "deepseek_v32": Parsers("DeepSeek-V3.2", "deepseek_v32", "deepseek_v3"),
    "gpt_oss": Parsers("gpt-oss", "openai", "openai_gptoss"),
    "granite": Parsers("Granite", "granite"),
    "granitemoehybrid": Parsers("Granite 4", "granite4"),
    "jamba": Parsers("Jamba", "jamba"),
    "lfm2": Parsers("LFM2", "lfm2"),
    "llama": Parsers("Llama 3", "llama3_json"),
    "llama4": Parsers("Llama 4", "llama4_pythonic"),
    "mistral": Parsers("Mistral", "mistral"),
    "mistral3": Parsers("Mistral", "mistral"),
    "mixtral": Parsers("Mistral", "mistral"),
    "olmo3": Parsers("OLMo 3", "olmo3"),
    "qwen2": Parsers("Qwen2.5", "hermes"),
    "qwen2_moe": Parsers("Qwen2.5", "hermes"),
    "qwen3": Parsers("Qwen3", "hermes"),
    "qwen3_moe": Parsers("Qwen3", "hermes"),
    "seed_oss": Parsers("Seed-OSS", "seed_oss", "seed_oss"),
}
"""By `model_type` of a folder's config.json, where the name says nothing. Whether a Qwen3 thinks it does not tell."""


def parsers_of(model: str) -> Parsers | None:
    """The parsers of a model by its name, or by the configuration in its folder; None for a family unknown here."""
    name = model.rstrip("/").rpartition("/")[2].lower().replace("_", "-").replace(" ", "-")
    for part, parsers in _NAMED:
        if re.search(part, name):
            return parsers
    return _TYPED.get(_type_in(Path(model)))


def known_parsers() -> tuple[Parsers, ...]:
    """Every family that is known."""
    return (*(parsers for _, parsers in _NAMED), *_TYPED.values())


def _type_in(folder: Path) -> str:
    """The `model_type` that a folder's config.json gives, if it is one and does."""
    try:
        found = json.loads((folder / "config.json").read_text("utf-8"))
    except (OSError, ValueError):
        return ""
    return str(found.get("model_type", "")) if isinstance(found, dict) else ""

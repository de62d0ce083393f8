"""Parsers by family: the special before the general, and none that would take an answer for a thought."""

import json

import pytest

from apigen_mt.serving.families import Parsers, parsers_of

KNOWN = [
    ("Salesforce/Llama-xLAM-2-8b-fc-r", "xlam", ""),
    ("Salesforce/xLAM-2-32b-fc-r", "xlam", ""),
    ("Qwen/Qwen2.5-72B-Instruct", "hermes", ""),
    ("Qwen/Qwen2.5-Coder-7B-Instruct", "hermes", ""),
    ("Qwen/QwQ-32B", "hermes", "deepseek_r1"),
    ("Qwen/Qwen3-8B", "hermes", "qwen3"),
    ("Qwen/Qwen3-30B-A3B-Instruct-2507", "hermes", ""),
    ("Qwen/Qwen3-30B-A3B-Thinking-2507", "hermes", "qwen3"),
    ("Qwen/Qwen3-Coder-30B-A3B-Instruct", "qwen3_coder", ""),
    ("Qwen/Qwen3-Next-80B-A3B-Instruct", "hermes", ""),
    ("Qwen/Qwen3.5-27B", "qwen3_coder", "qwen3"),
    ("meta-llama/Llama-3.1-8B-Instruct", "llama3_json", ""),
    ("meta-llama/Meta-Llama-3-8B-Instruct", "llama3_json", ""),
    ("meta-llama/Llama-4-Scout-17B-16E-Instruct", "llama4_pythonic", ""),
    ("NousResearch/Hermes-3-Llama-3.1-8B", "hermes", ""),
    ("mistralai/Mistral-Small-3.2-24B-Instruct-2506", "mistral", ""),
    ("mistralai/Magistral-Small-2509", "mistral", "mistral"),
    ("mistralai/Devstral-Small-2507", "mistral", ""),
    ("openai/gpt-oss-20b", "openai", "openai_gptoss"),
    ("deepseek-ai/DeepSeek-V3-0324", "deepseek_v3", ""),
    ("deepseek-ai/DeepSeek-V3.1", "deepseek_v31", "deepseek_v3"),
    ("deepseek-ai/DeepSeek-V3.2-Exp", "deepseek_v32", "deepseek_v3"),
    ("deepseek-ai/DeepSeek-R1-0528", "deepseek_v3", "deepseek_r1"),
    ("deepseek-ai/DeepSeek-R1-Distill-Qwen-32B", "", "deepseek_r1"),
    ("zai-org/GLM-4.5-Air", "glm45", "glm45"),
    ("zai-org/GLM-4.7", "glm47", "glm45"),
    ("moonshotai/Kimi-K2-Instruct-0905", "kimi_k2", ""),
    ("moonshotai/Kimi-K2-Thinking", "kimi_k2", "kimi_k2"),
    ("ibm-granite/granite-3.3-8b-instruct", "granite", ""),
    ("ibm-granite/granite-4.0-h-small", "granite4", ""),
    ("microsoft/Phi-4-mini-instruct", "phi4_mini_json", ""),
    ("/models/qwen3_8b/", "hermes", "qwen3"),
]


@pytest.mark.parametrize(("model", "tools", "reasoning"), KNOWN)
def test_a_name_tells_the_family(model, tools, reasoning):
    found = parsers_of(model)
    assert found is not None
    assert (found.tools, found.reasoning) == (tools, reasoning)


@pytest.mark.parametrize("model", ["acme/clerk-7b", "THUDM/glm-4-9b-chat", "microsoft/phi-4", "google/gemma-3-27b-it"])
def test_what_is_not_known_is_not_guessed(model):
    found = parsers_of(model)
    assert found is None or not found.tools


def test_a_folder_tells_it_by_its_configuration(tmp_path):
    folder = tmp_path / "final"
    folder.mkdir()
    assert parsers_of(str(folder)) is None
    (folder / "config.json").write_text(json.dumps({"model_type": "qwen3_moe"}))
    assert parsers_of(str(folder)) == Parsers("Qwen3", "hermes")
    (folder / "config.json").write_text("[")
    assert parsers_of(str(folder)) is None

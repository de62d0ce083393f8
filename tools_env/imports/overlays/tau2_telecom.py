"""What τ²-bench's telecom domain does not say of itself: replay and judging only, for generating needs a human with
tools.
"""

import datetime

from tools_env.imports.overlay import Overlay
from tools_env.rules import calls_without_words, one_call_at_a_time, one_person

OVERLAY = Overlay(
    now=datetime.date(2025, 2, 25),
    person="customers",
    texts={"1": "One customer is served in a conversation.", "2": "One tool call at a time, and no words beside it."},
    conduct=(one_person("1"), one_call_at_a_time("2"), calls_without_words("2")),
)

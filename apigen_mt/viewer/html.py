"""The page as one HTML document: styles and scripts stand in it, and it says itself that nothing else may run."""

import re
from base64 import b64encode
from collections.abc import Iterable
from hashlib import sha256
from html import escape
from pathlib import Path
from string import Template
from typing import Literal, TypeAlias

from apigen_mt.terminal import one_line

Source: TypeAlias = Literal["packed_source.js", "http_source.js"]
ASSETS = Path(__file__).with_name("assets")
FIRST = ("dom.js", "texts.js")
THEN = (
    *("charts.js", "graph.js", "overview.js", "marks.js", "list.js", "evidence.js"),
    *("task.js", "talk.js", "keys.js", "query.js"),
)
LAST = "app.js"
_IMPORT = re.compile(r"^import\s[^;]*;\n", re.MULTILINE)
_EXPORT = re.compile(r"^export ", re.MULTILINE)


def page(title: str, source: Source, data: Iterable[str] = (), connect: str = "'none'") -> str:
    """The document. `source` is where its script gets the data from; `data` are elements that hold it packed, and
    `connect` is what the policy lets it connect to.
    """
    style, script = _asset("page.css"), script_of(source)
    told = {
        "title": escape(one_line(title)),
        "policy": escape(policy(source, connect)),
        "style": style,
        "data": "\n".join(data),
        "script": script,
    }
    return Template(_asset("page.html")).substitute(told)


def policy(source: Source, connect: str = "'none'") -> str:
    """The content security policy of the page: its own style and script by their hashes, and nothing from elsewhere."""
    style, script = _hash(_asset("page.css")), _hash(script_of(source))
    parts = ["default-src 'none'", f"style-src {style}", f"script-src {script}", f"connect-src {connect}"]
    return "; ".join([*parts, "base-uri 'none'", "form-action 'none'"])


def script_of(source: Source) -> str:
    """The modules as one, each after those that it imports."""
    modules = (_asset(name) for name in (*FIRST, *THEN, source, LAST))
    return "\n".join(_EXPORT.sub("", _IMPORT.sub("", text)) for text in modules)


def _asset(name: str) -> str:
    return (ASSETS / name).read_text(encoding="utf-8")


def _hash(text: str) -> str:
    return f"'sha256-{b64encode(sha256(text.encode()).digest()).decode()}'"

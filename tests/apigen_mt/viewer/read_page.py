"""A page read as a browser reads it: its elements, its data unpacked, and whether anything in it could act."""

import gzip
import json
import re
from base64 import b64decode, b64encode
from hashlib import sha256
from html.parser import HTMLParser
from typing import Any

VOID = {"meta"}
TAGS = {"html", "head", "meta", "title", "style", "body", "div", "noscript", "script"}
ATTRIBUTES = {"lang", "charset", "name", "content", "http-equiv", "id", "type"}
PACKED = "application/octet-stream"


class Read(HTMLParser):
    """The elements with their attributes, and the text of each script and style."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.texts: list[tuple[str, dict[str, str | None], str]] = []
        self.open: list[str] = []
        self.title = ""
        self.feed(text)
        self.close()

    def handle_starttag(self, tag, attrs):
        self.elements.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)
        if tag in {"script", "style"}:
            self.texts.append((tag, dict(attrs), ""))

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        if self.open[-1:] in (["script"], ["style"]):
            tag, attributes, text = self.texts[-1]
            self.texts[-1] = (tag, attributes, text + data)
        elif self.open[-1:] == ["title"]:
            self.title += data

    def data(self) -> dict[str, Any]:
        """What is packed in it, by name."""
        packed = [(a["id"], text) for tag, a, text in self.texts if tag == "script" and a.get("type") == PACKED]
        return {str(name): json.loads(gzip.decompress(b64decode(text))) for name, text in packed}

    def details(self) -> list[dict[str, Any]]:
        """What is shown of each entry, on one level and without what is empty."""
        found = self.data()
        blocks = [found[f"block-{n}"] for n in range(sum(name.startswith("block-") for name in found))]
        return [entry for block in blocks for entry in rows(block)]

    def lines(self) -> list[dict[str, Any]]:
        """The lines of the list."""
        return rows(self.data()["lines"])


def rows(columns: dict[str, list[Any]]) -> list[dict[str, Any]]:
    """Objects of columns."""
    length = len(next(iter(columns.values()), []))
    return [{name: column[n] for name, column in columns.items() if column[n] is not None} for n in range(length)]


def check_inert(text: str) -> Read:
    """Nothing acts on the page but its own script, nothing is loaded, and what others wrote is base64."""
    found = Read(text)
    assert found.open == []
    assert {tag for tag, _ in found.elements} <= TAGS
    assert {name for _, attributes in found.elements for name in attributes} <= ATTRIBUTES
    policy = str(next(a["content"] for _, a in found.elements if a.get("http-equiv") == "Content-Security-Policy"))
    rules = dict(rule.split(" ", 1) for rule in policy.split("; "))
    assert rules["default-src"] == rules["connect-src"] == "'none'"
    [style] = [text for tag, _, text in found.texts if tag == "style"]
    [script] = [text for tag, a, text in found.texts if tag == "script" and a.get("type") == "module"]
    assert (rules["style-src"], rules["script-src"]) == (hashed(style), hashed(script))
    others = [(a, text) for tag, a, text in found.texts if tag == "script" and a.get("type") != "module"]
    assert all(a.keys() == {"type", "id"} and a["type"] == PACKED for a, _ in others)
    assert all(re.fullmatch(r"[A-Za-z0-9+/=]*", text) for _, text in others)
    assert "url(" not in style
    assert "@import" not in style
    return found


def hashed(text: str) -> str:
    return f"'sha256-{b64encode(sha256(text.encode()).digest()).decode()}'"

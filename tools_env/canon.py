"""Changes in canonical form: values by meaning, and names for created records that do not depend on their ids."""

from collections.abc import Mapping
from typing import Any, TypeAlias

from tools_env.naming import Holder, Link, in_groups
from tools_env.values import TEXT, Json, Meaning, canonical, folded, sort_key

Values: TypeAlias = tuple[Json, ...]
"""A change as plain values: before, after, and others that would be as right."""

_HOLE: Any = ()
_HOLDS_IDS = (str, list, dict)


class Layout:
    """How records of one table with the same fields are compared: by the fields that count, in order."""

    __slots__ = ("columns", "given", "meanings", "table", "text")

    def __init__(self, table: str, given: list[str], fields: Mapping[str, Meaning]) -> None:
        meanings = {name: fields.get(f"{table}/{name}", TEXT) for name in sorted(given)}
        self.given = given
        self.table = table
        self.meanings = {name: meaning for name, meaning in meanings.items() if meaning.kind != "prose"}
        self.columns = [(name, meaning.kind == "contact") for name, meaning in self.meanings.items()]
        self.text = ascii([table, *self.meanings])


class Layouts:
    """What the fields of a world mean (`table/field` to meaning), with the layouts of its tables as they come up."""

    __slots__ = ("_known", "fields")

    def __init__(self, fields: Mapping[str, Meaning]) -> None:
        self.fields = fields
        self._known: dict[str, Layout] = {}

    def canonical(self, value: Json, meaning: Meaning, place: str) -> Json:
        """A field's value in canonical form; what is known of values inside it (`table/field.inner[].x`) counts."""
        if isinstance(value, list | dict) and any(f.startswith((f"{place}.", f"{place}[")) for f in self.fields):
            return self._within(value, meaning, place)
        return canonical(value, meaning)

    def _within(self, value: Json, meaning: Meaning, place: str) -> Json:
        meaning = self.fields.get(place, meaning)
        if isinstance(value, list):
            members = [self._within(v, meaning, f"{place}[]") for v in value]
            return sorted(members, key=sort_key) if meaning.unordered else members
        if isinstance(value, dict):
            return {k: self._within(value[k], meaning, self._member(place, k)) for k in sorted(value)}
        return canonical(value, meaning)

    def _member(self, place: str, name: str) -> str:
        exact = f"{place}.{name}"
        return exact if exact in self.fields else f"{place}.*"

    def of(self, table: str, record: Mapping[str, Json]) -> Layout:
        """The layout of a record, worked out once for records alike."""
        known = self._known.get(table)
        if known is None or known.given != [*record]:
            known = self._known[table] = Layout(table, [*record], self.fields)
        return known


class Form(Holder):
    """One change: its values in `cells`, those of a whole record one by one, as `heads` says."""

    __slots__ = ("cells", "heads")

    def __init__(self, heads: list[Layout | None], cells: list[Any]) -> None:
        self.heads = heads
        self.cells = cells
        self.holes = []
        self.links = []

    def values(self) -> Values:
        """The values of the change."""
        cells = iter(self.cells)
        return tuple(next(cells) if h is None else dict(zip(h.meanings, cells, strict=False)) for h in self.heads)


class Canon:
    """Changes that are compared together, in canonical form; good for one look at its `values` or its `text`."""

    __slots__ = ("_created", "_folded", "_forms", "_ids", "_layouts", "_numbers", "_shared")

    def __init__(self, changes: Mapping[str, Values], layouts: Layouts) -> None:
        self._layouts = layouts
        self._created: dict[str, str] = {}
        self._ids: dict[str, Link] = {}
        self._forms: dict[str, Form] = {}
        self._numbers: dict[float, Json] = {}
        self._folded: dict[str, str] = {}
        places = [(path, path.split("/", 2)) for path in changes]
        for path, place in places:
            if len(place) == 2 and changes[path][0] is None:  # noqa: PLR2004 - table and key: a whole record
                table, key = place
                self._created[path] = table
                self._ids[key] = (*self._ids[key], path) if key in self._ids else (path,)
        self._shared = [link for link in self._ids.values() if len(link) > 1]
        for path, (table, _, *field) in places:
            if not field:
                self._forms[path] = self._records(path, table, changes[path])
            elif (meaning := layouts.fields.get(f"{table}/{field[0]}", TEXT)).kind != "prose":
                cells = [layouts.canonical(v, meaning, f"{table}/{field[0]}") for v in changes[path]]
                if cells[0] != cells[1] or cells[2:]:
                    self._forms[path] = self._field(path, cells, meaning)

    def _field(self, path: str, cells: list[Any], meaning: Meaning) -> Form:
        form = Form([None] * len(cells), cells)
        if self._ids:
            for place, value in enumerate(cells):
                if isinstance(value, _HOLDS_IDS):
                    cells[place] = self._taken_out(form, place, value, meaning)
        form.text = f"{path!a} {cells!a}"
        return form

    def _records(self, path: str, table: str, values: Values) -> Form:
        """Whole records, before and after: their values canonical, prose left out, created ids taken out."""
        cells: list[Any] = []
        form = Form([], cells)
        text = ""
        for value in values:
            if isinstance(value, dict):
                layout = self._layouts.of(table, value)
                form.heads.append(layout)
                text += layout.text
                self._record(form, layout, value)
            else:
                form.heads.append(None)
                text += "-"
                cells.append(value)
        form.text = f"{text}{cells!a}" if path in self._created else f"{path!a} {text}{cells!a}"
        return form

    def _record(self, form: Form, layout: Layout, record: Mapping[str, Json]) -> None:
        """Add the values of one record to a form."""
        ids, shared, numbers, contacts = self._ids, self._shared, self._numbers, self._folded
        cells, holes, links = form.cells, form.holes, form.links
        one: Any
        for name, contact in layout.columns:
            one = record[name]
            kind = type(one)
            if kind is str:
                if one in ids:
                    link = self._link(one, layout.meanings[name]) if shared else ids[one]
                    holes.append((len(cells), link, False))
                    links.append(link)
                    one = _HOLE
                elif contact:
                    if one not in contacts:
                        contacts[one] = folded(one)
                    one = contacts[one]
            elif kind is float:
                if one not in numbers:
                    numbers[one] = canonical(one)
                one = numbers[one]
            elif kind is list or kind is dict:
                meaning = layout.meanings[name]
                one = self._layouts.canonical(one, meaning, f"{layout.table}/{name}")
                one = self._taken_out(form, len(cells), one, meaning)
            cells.append(one)

    def _taken_out(self, form: Form, place: int, value: Json, meaning: Meaning) -> Any:  # noqa: ANN401 - JSON or a hole
        """What to put in a cell for a canonical value: itself, or a hole where it holds created ids."""
        links: list[Link] = []
        linked = self._linked(value, meaning, links)
        if not links:
            return value
        form.holes.append((place, linked, meaning.unordered))
        form.links += links
        return _HOLE

    def _linked(self, value: Json, meaning: Meaning, links: list[Link]) -> Any:  # noqa: ANN401 - JSON with links in it
        """The value with links in place of created ids, which are added to `links`."""
        if isinstance(value, str):
            if value not in self._ids:
                return value
            links.append(self._link(value, meaning))
            return links[-1]
        if isinstance(value, list):
            return [self._linked(v, meaning, links) for v in value]
        if isinstance(value, dict):
            return {k: self._linked(v, meaning, links) for k, v in value.items()}
        return value

    def _link(self, key: str, meaning: Meaning) -> Link:
        """What a created id means: where records of several tables have it, the one of the table it points at."""
        link = self._ids[key]
        if len(link) > 1 and meaning.kind == "identifier" and (meant := f"{meaning.of}/{key}") in link:
            return (meant,)
        return link

    def values(self) -> dict[str, Values]:
        """Path to values, sorted by path."""
        paths, known = self._names()
        found: dict[str, Values] = {}
        for path, form in self._forms.items():
            for (place, _, _), one in zip(form.holes, form.content(known), strict=True):
                form.cells[place] = one
            found[paths.get(path, path)] = form.values()
        return dict(sorted(found.items(), key=lambda item: item[0]))

    def text(self) -> str:
        """All of it as one text: equal for equal meaning, and for nothing else."""
        forms = self._forms
        lines = [form.text for path, form in forms.items() if not form.links and path not in self._created]
        lines.sort()
        for texts, content, _ in in_groups(self._created, forms, self._shared):
            lines += texts
            lines.append(content)
        return "\n".join(lines)

    def _names(self) -> tuple[dict[str, str], dict[Link, str]]:
        """New paths of created records, `table/table#number`, and what to put for links to them."""
        created = self._created
        counts: dict[str, int] = {}
        paths: dict[str, str] = {}
        known: dict[Link, str] = {}
        for _, _, group in in_groups(created, self._forms, self._shared):
            for path in group:
                if path in created:
                    table = created[path]
                    counts[table] = number = counts.get(table, 0) + 1
                    known[path,] = name = f"{table}#{number}"
                    paths[path] = f"{table}/{name}"
        for link in self._shared:
            known[link] = "|".join(sorted(known[path,] for path in link))
        return paths, known

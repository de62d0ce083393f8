"""The page over a run, and what its script asks for, as an ASGI application."""

import json
from collections.abc import Callable
from typing import TYPE_CHECKING, TypeVar

from pydantic import ValidationError

from apigen_mt.journal import JournalError
from apigen_mt.marks import MarksError
from apigen_mt.run_folder import NotARun
from apigen_mt.viewer import html
from apigen_mt.viewer.entries import ID
from apigen_mt.viewing.guard import LARGEST, Guard
from apigen_mt.viewing.queries import Found, Query
from apigen_mt.viewing.view import Marking, NoSuchTalk, PlayedAnew, View
from tools_env.values import Json

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response
    from starlette.types import ASGIApp

T = TypeVar("T")
_SOURCE: html.Source = "http_source.js"
_CONNECT = "'self'"


class _TooLarge(ValueError):  # noqa: N818 - reads as what is the matter  # noqa: N818 - reads as what is the matter
    """A body beyond all measure."""


def application(view: View, *, title: str, host: str, token: str) -> "ASGIApp":
    """What serves a view to a browser on this machine, or on those that can reach `host`."""
    from starlette.applications import Starlette
    from starlette.responses import HTMLResponse
    from starlette.routing import Route

    page = html.page(title, _SOURCE, [f'<div id="token" hidden data-token="{token}"></div>'], _CONNECT)

    async def show(_: "Request") -> "Response":
        return HTMLResponse(page)

    async def state(_: "Request") -> "Response":
        return await _answer(lambda: view.state().model_dump(mode="json"))

    async def overview(_: "Request") -> "Response":
        return await _answer(view.figures)

    async def lines(request: "Request") -> "Response":
        asked = dict(request.query_params)
        if len(asked) != len(request.query_params.multi_items()):
            return _told(400, "each filter once")
        return await _answer(lambda: _listed(view.find(Query.model_validate(asked))))

    async def talk(request: "Request") -> "Response":
        return await _answer(lambda: view.talk(_id(request)))

    async def mark(request: "Request") -> "Response":
        return await _answer(lambda: view.mark(_id(request)))

    async def set_mark(request: "Request") -> "Response":
        try:
            body = await _body(request)
        except _TooLarge as error:
            return _told(413, str(error))
        return await _answer(lambda: view.set_mark(_id(request), Marking.model_validate_json(body)))

    routes = [
        Route("/", show),
        Route("/api/state", state),
        Route("/api/overview", overview),
        Route("/api/list", lines),
        Route("/api/talk/{id}", talk),
        Route("/api/mark/{id}", mark, methods=["GET"]),
        Route("/api/mark/{id}", set_mark, methods=["POST"]),
    ]
    found = {404: _missing, 405: _missing}
    policy = f"{html.policy(_SOURCE, _CONNECT)}; frame-ancestors 'none'"
    return Guard(Starlette(routes=routes, exception_handlers=found), host=host, token=token, policy=policy)


async def _answer(ask: Callable[[], Json]) -> "Response":
    """What a view says, asked in a thread, as JSON; what is expected to go wrong is told in one line."""
    from starlette.responses import Response

    try:
        found = await _in_thread(lambda: _written(ask()))
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(map(str, first["loc"]))
        return _told(400, f"{where or 'the body'}: {first['msg']}")
    except NoSuchTalk as error:
        return _told(404, str(error))
    except PlayedAnew as error:
        return _told(409, str(error))
    except (JournalError, MarksError, NotARun) as error:
        return _told(503, str(error))
    except OSError as error:
        return _told(503, f"{error.filename or 'disk'}: {error.strerror or error}")
    return Response(found, media_type="application/json")


async def _in_thread(work: Callable[[], T]) -> T:
    """Done beside the loop; whoever ends the server does not wait for it."""
    from anyio.to_thread import run_sync  # noqa: PLC0415 - on the way to --help

    return await run_sync(work, abandon_on_cancel=True)


async def _body(request: "Request") -> bytes:
    """The whole body. Raises `_TooLarge`, also where nothing said so beforehand."""
    parts, size = [], 0
    async for part in request.stream():
        size += len(part)
        if size > LARGEST:
            raise _TooLarge(f"a request may bring along {LARGEST} bytes")
        parts.append(part)
    return b"".join(parts)


def _id(request: "Request") -> str:
    entry = str(request.path_params["id"])
    if not ID.fullmatch(entry):
        raise NoSuchTalk("a talk is called TASK.ATTEMPT, such as 3.0")
    return entry


def _listed(found: Found) -> Json:
    rows: list[Json] = [json.loads(line) | {"mark": mark} for line, mark in found.rows]
    return {"total": found.total, "rows": rows}


def _written(value: Json) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def _told(status: int, why: str) -> "Response":
    from starlette.responses import JSONResponse

    return JSONResponse({"error": why}, status)


async def _missing(_: "Request", error: Exception) -> "Response":
    return _told(getattr(error, "status_code", 404), "there is nothing here, or nothing that this method does")

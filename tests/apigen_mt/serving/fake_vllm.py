"""A stand-in for vLLM's command: speaks /health, /v1/models and chat completions, and misbehaves as it is told.

`FAKE_VLLM` in its environment names the manner: `ok`; `crash` (a traceback, code 1); `hang` (never ready); `flood`
(writes without end); `busy` (its port is taken, the first time); `deaf` (ignores TERM). `FAKE_FOLDER` is where it notes
its arguments and the process ids of itself and of an engine that it starts in a session of its own. `POST /die` ends it
at once, without its engine.
"""

import json
import os
import signal
import subprocess
import sys
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

MANNER = os.environ.get("FAKE_VLLM", "ok")
FOLDER = Path(os.environ["FAKE_FOLDER"])
KEY = os.environ.get("VLLM_API_KEY", "")
ENGINE = "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); time.sleep(600)"


class Handler(BaseHTTPRequestHandler):
    def do_GET(self):
        if self.path == "/health":
            self.answer(200, {})
        elif self.allowed():
            self.answer(200, {"data": [{"id": name_of(sys.argv)}]})

    def do_POST(self):
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])) or b"{}")
        if self.path == "/die":
            os._exit(9)
        if self.allowed():
            with (FOLDER / "requests").open("a") as file:
                file.write(json.dumps({"port": self.port(), **body}) + "\n")
            message = {"role": "assistant", "content": "I am a stand-in."}
            choice = {"index": 0, "message": message, "finish_reason": "stop"}
            usage = {"prompt_tokens": 10, "completion_tokens": 5, "total_tokens": 15}
            self.answer(200, {"model": body.get("model"), "choices": [choice], "usage": usage})

    def port(self):
        return int(self.headers["Host"].rpartition(":")[2])

    def allowed(self):
        if self.headers.get("Authorization") == f"Bearer {KEY}":
            return True
        self.answer(401, {"error": {"message": "no"}})
        return False

    def answer(self, status, body):
        raw = json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(raw)))
        self.end_headers()
        self.wfile.write(raw)

    def log_message(self, *_):
        return


def name_of(arguments):
    return arguments[arguments.index("--served-model-name") + 1]


def main():
    if MANNER == "deaf":
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
    engine = subprocess.Popen([sys.executable, "-S", "-c", ENGINE], start_new_session=True)
    shown = {name: os.environ.get(name) for name in ("CUDA_VISIBLE_DEVICES", "OPENAI_API_KEY")}
    note = {"pids": [os.getpid(), engine.pid], "arguments": sys.argv[1:], "environment": shown}
    (FOLDER / f"{os.getpid()}.json").write_text(json.dumps(note))
    port = int(sys.argv[sys.argv.index("--port") + 1])
    sys.stdout.write(f"stand-in for {name_of(sys.argv)} on port {port}\n")
    sys.stdout.flush()
    if MANNER == "crash":
        raise RuntimeError("Engine core initialization failed. \x1b[31mSee above.")
    if MANNER == "busy" and len(list(FOLDER.glob("*.json"))) == 1:
        raise OSError(98, "Address already in use")
    if MANNER == "hang":
        time.sleep(600)
    while MANNER == "flood":
        sys.stderr.write("x" * 4000 + "\n")
    ThreadingHTTPServer(("127.0.0.1", port), Handler).serve_forever()


main()

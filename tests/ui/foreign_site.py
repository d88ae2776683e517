"""A page of another site that tries to make the browser stop a run."""

from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

_PAGE = """<!doctype html>
<p id="fetched"></p>
<iframe id="form-answer" name="form-answer"></iframe>
<iframe id="framed" src="{origin}/"></iframe>
<form method="post" action="{origin}/runs/{run}/stop" target="form-answer"></form>
<script>
document.forms[0].submit();
fetch("{origin}/runs/{run}/stop", {{ method: "POST", credentials: "include", mode: "no-cors" }}).catch(() => 0)
  .then(() => fetch("{origin}/", {{ credentials: "include" }}))
  .then((answer) => answer.text(), () => "refused")
  .then((text) => {{ document.getElementById("fetched").textContent = text; }});
</script>"""


@contextmanager
def foreign_site(origin: str, run: str) -> Iterator[str]:
    """Its address: the same host on another port, so that the cookie goes along; the worst case."""

    class Site(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.send_header("Content-Type", "text/html")
            self.end_headers()
            self.wfile.write(_PAGE.format(origin=origin, run=run).encode())

        def log_message(self, *_: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Site) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}/"
        server.shutdown()

"""The same 13 bytes as Python programs give them: peers.py KIND PORT."""

import asyncio
import socketserver
import sys
from http.server import BaseHTTPRequestHandler, HTTPServer

HELLO = b"Hello, World!"


class Hello(BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200)
        self.send_header("Content-Type", "text/plain")
        self.send_header("Content-Length", str(len(HELLO)))
        self.end_headers()
        self.wfile.write(HELLO)

    def log_message(self, *args):
        pass


class ThreadPerConnection(socketserver.ThreadingMixIn, HTTPServer):
    request_queue_size = 128
    daemon_threads = True


class ForkPerConnection(socketserver.ForkingMixIn, HTTPServer):
    request_queue_size = 128


class Raw(asyncio.Protocol):
    """As little HTTP as a load generator lets pass."""

    ANSWER = (
        b"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: %d\r\n\r\n%s"
        % (len(HELLO), HELLO)
    )

    def connection_made(self, transport):
        self.transport = transport
        self.received = b""

    def data_received(self, data):
        self.received += data
        *heads, self.received = self.received.split(b"\r\n\r\n")
        self.transport.write(self.ANSWER * len(heads))


async def serve_asyncio(port):
    loop = asyncio.get_running_loop()
    server = await loop.create_server(Raw, "127.0.0.1", port, backlog=1024)
    await server.serve_forever()


def serve_aiohttp(port):
    from aiohttp import web

    async def hello(request):
        return web.Response(body=HELLO, content_type="text/plain")

    application = web.Application()
    application.add_routes([web.get("/", hello)])
    web.run_app(application, host="127.0.0.1", port=port, access_log=None, print=None)


def flask_application():
    """What gunicorn is given, too."""
    import logging

    from flask import Flask

    logging.getLogger("werkzeug").disabled = True
    application = Flask(__name__)

    @application.route("/")
    def hello():
        return HELLO, {"Content-Type": "text/plain"}

    return application


def main(kind, port):
    if kind == "threads":
        ThreadPerConnection(("127.0.0.1", port), Hello).serve_forever()
    elif kind == "fork":
        ForkPerConnection(("127.0.0.1", port), Hello).serve_forever()
    elif kind == "asyncio":
        asyncio.run(serve_asyncio(port))
    elif kind == "aiohttp":
        serve_aiohttp(port)
    elif kind == "flask":
        flask_application().run(host="127.0.0.1", port=port)


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]))

"""The five shapes of a Python server: threads, processes, prefork, coroutines, plain."""
import asyncio
import os
import socketserver
import sys
import time
from http.server import BaseHTTPRequestHandler, HTTPServer, ThreadingHTTPServer

SHAPE, PORT = sys.argv[1], int(sys.argv[2])
ROUTE = os.environ.get("BACKPOOL_ROUTE", "?")


class Handler(BaseHTTPRequestHandler):
    def do_GET(self):
        if self.path == "/slow":
            time.sleep(0.5)
        body = f"{ROUTE} {os.getpid()}\n".encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *args):
        pass


class Processes(socketserver.ForkingMixIn, HTTPServer):
    pass


class Plain(HTTPServer):
    request_queue_size = 128


async def coroutine(reader, writer):
    head = await reader.readuntil(b"\r\n\r\n")
    if head.startswith(b"GET /slow "):
        await asyncio.sleep(0.5)
    body = f"{ROUTE} {os.getpid()}\n".encode()
    writer.write(b"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: %d\r\n\r\n" % len(body))
    writer.write(body)
    await writer.drain()
    writer.close()


async def coroutines():
    server = await asyncio.start_server(coroutine, "127.0.0.1", PORT)
    await server.serve_forever()


def prefork():
    server = Plain(("127.0.0.1", PORT), Handler)
    for _ in range(3):
        if os.fork() == 0:
            break
    server.serve_forever()


PLACE = ("127.0.0.1", PORT)
if SHAPE == "coroutines":
    asyncio.run(coroutines())
elif SHAPE == "prefork":
    prefork()
else:
    kinds = {"threads": ThreadingHTTPServer, "processes": Processes, "plain": Plain}
    kinds[SHAPE](PLACE, Handler).serve_forever()

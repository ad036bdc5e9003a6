"""WSGI application of the examples: gunicorn and Flask."""
import os
import time

from flask import Flask

app = Flask(__name__)
ROUTE = os.environ.get("BACKPOOL_ROUTE", "?")


@app.route("/")
def hello():
    return f"{ROUTE} {os.getpid()}\n"


@app.route("/slow")
def slow():
    time.sleep(0.5)
    return f"{ROUTE} {os.getpid()}\n"

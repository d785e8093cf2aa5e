"""The reader of web/: its entropy coder in Node.js, all of it in headless Chromium."""

import base64
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]
FOLDER = Path(__file__).parent
MODULES = ROOT / "web" / "node_modules"
BROWSERS = ("chromium", "chromium-browser", "google-chrome")


def node_missing() -> str:
    """Why no JavaScript can run; "" if it can."""
    found = shutil.which("node")
    return "" if found else "no `node`: web/ needs Node.js 20.12 or newer"


def node_version() -> str:
    return f"Node.js {_output('node', '--version').strip()}"


def node_symbols(photo) -> bytes:
    """z, then y, as little-endian int32."""
    return base64.b64decode(_output("node", FOLDER / "symbols.mjs", photo.path.stem))


def chromium_missing() -> str:
    """Why the browser cannot run; "" if it can."""
    if node_missing():
        return node_missing()
    if not browser():
        return f"no browser: none of {', '.join(BROWSERS)} is there"
    wanted = ("@litertjs/core", "playwright-core")
    absent = [name for name in wanted if not (MODULES / name).is_dir()]
    return f"no {absent[0]}: run `npm ci --prefix web`" if absent else ""


def chromium_version() -> str:
    core = json.loads((MODULES / "@litertjs" / "core" / "package.json").read_text())
    words = _output(browser(), "--version").split()
    return f"LiteRT.js {core['version']}, {words[0]} {words[1]}"


def chromium(photo) -> dict:
    """{symbols, pixels}: z and y as little-endian int32; uint8 RGB rows."""
    serve = [sys.executable, "-m", "tfc_vae.cli", "demo", "--serve", "--port", "0"]
    with subprocess.Popen(serve, stdout=subprocess.PIPE, text=True) as server:
        try:
            url = server.stdout.readline().split()[0]
            sandbox = "" if os.getuid() == 0 else "sandbox"  # root's does not start
            script = FOLDER / "chromium.mjs"
            answer = _output("node", script, url, browser(), photo.path, sandbox)
        finally:
            server.terminate()
    return {key: base64.b64decode(value) for key, value in json.loads(answer).items()}


def browser():
    return next(filter(None, map(shutil.which, BROWSERS)), None)


def _output(*command):
    done = subprocess.run(
        list(map(str, command)), capture_output=True, text=True, timeout=600
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout

"""`tfc-vae demo --serve`: what the server gives out, and what it keeps."""

import http.client
import json
import shutil
import threading

import pytest

from tfc_vae import codec
from tfc_vae.cli import options, serve


@pytest.fixture
def page(tmp_path, monkeypatch):
    """A page with one file of each kind; the real one needs `npm ci` first."""
    folder = tmp_path / "web"
    (folder / "vendor").mkdir(parents=True)
    (folder / "index.html").write_text("<!doctype html>")
    (folder / "vendor" / "litert.js").write_text("export {};")
    (folder / "vendor" / "litert.wasm").write_bytes(b"\0asm")
    (tmp_path / "secret.txt").write_text("not to be served")
    monkeypatch.setattr(serve, "PAGES", (tmp_path / "nowhere", folder))
    return folder


@pytest.fixture
def get(page, tiny):
    """Requests a path of the running server; returns the response and its body."""
    server = serve.make_server(codec.find("tiny"), 0)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()

    def request(path, method="GET"):
        connection = http.client.HTTPConnection(*server.server_address, timeout=30)
        connection.request(method, path)
        response = connection.getresponse()
        body = response.read()
        connection.close()
        return response, body

    yield request
    server.shutdown()
    thread.join()
    server.server_close()


def test_the_root_leads_to_the_page_and_names_the_model(get):
    for method in ("GET", "HEAD"):
        response, _ = get("/", method)
        assert response.status == 302
        assert response.getheader("Location") == "/web/?model=tiny"
    response, body = get("/web/?model=tiny")
    assert (response.status, body) == (200, b"<!doctype html>")


@pytest.mark.parametrize(
    ("path", "kind"),
    [
        ("/web/index.html", "text/html"),
        ("/web/vendor/litert.js", "text/javascript"),
        ("/web/vendor/litert.wasm", "application/wasm"),
        ("/saved_models/tiny/manifest.json", "application/json"),
        ("/saved_models/tiny/tables.npz", "application/octet-stream"),
        ("/saved_models/tiny/tflite/synthesis_fp16.tflite", "application/octet-stream"),
        ("/photos/budgie.png", "image/png"),
    ],
)
def test_every_file_has_its_type_and_the_page_is_isolated(get, path, kind):
    response, body = get(path)
    assert response.status == 200 and body
    assert response.getheader("Content-Type") == kind
    # Without these two a browser gives the page no threads.
    assert response.getheader("Cross-Origin-Opener-Policy") == "same-origin"
    assert response.getheader("Cross-Origin-Embedder-Policy") == "require-corp"


def test_the_model_is_the_one_that_was_asked_for(get, tiny):
    _, body = get("/saved_models/tiny/manifest.json")
    assert json.loads(body) == json.loads((tiny / "manifest.json").read_text())
    assert get("/saved_models/vr/manifest.json")[0].status == 404


@pytest.mark.parametrize(
    "path",
    [
        "/secret.txt",
        "/web/../secret.txt",
        "/web/%2e%2e/secret.txt",
        "/web/..%2fsecret.txt",
        "/photos/../pyproject.toml",
        "/pyproject.toml",
        "/web/vendor/",
        "/saved_models/",
        "/etc/passwd",
        "//etc/passwd",
    ],
)
def test_nothing_else_is_served_and_no_folder_is_listed(get, path):
    response, body = get(path)
    assert response.status == 404
    assert b"not to be served" not in body and b"litert" not in body


def test_other_models_are_served_beside_the_first(page, tiny, tmp_path):
    copy = tmp_path / "other"
    shutil.copytree(codec.find("tiny").folder, copy)
    manifest = json.loads((copy / "manifest.json").read_text())
    (copy / "manifest.json").write_text(json.dumps({**manifest, "name": "other"}))
    models = [codec.find("tiny"), codec.find(copy), codec.find("tiny")]
    with serve.make_server(models[0], 0, models[1:]) as server:
        handler = server.RequestHandlerClass
        assert handler.args[0]["/saved_models/other/"] == copy
        assert handler.args[1] == "/web/?model=tiny"


def test_only_this_machine_is_served(page, tiny):
    with serve.make_server(codec.find("tiny"), 0) as server:
        assert server.server_address[0] == "127.0.0.1"


def test_the_sample_photo_of_the_page_is_in_the_repository():
    assert (options.PHOTOS / "budgie.png").is_file()


def test_without_the_runtime_the_command_says_how_to_get_it(page, fails):
    (page / "vendor" / "litert.js").unlink()
    line = fails("demo", "--serve", "--model", "tiny")
    assert f"npm ci --omit=dev --prefix {page}" in line


def test_without_the_page_the_command_says_so(page, fails):
    (page / "index.html").unlink()
    assert "not part of this installation" in fails("demo", "--serve")


def test_a_port_in_use_is_one_line(page, tiny, fails):
    with serve.make_server(codec.find("tiny"), 0) as server:
        line = fails("demo", "--serve", "--port", server.server_port)
        assert "in use" in line.lower()


def test_a_model_that_is_not_there_is_one_line(page, fails):
    assert "no model 'nothing'" in fails("demo", "--serve", "--model", "nothing")

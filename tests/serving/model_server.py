"""A stand-in for tensorflow_model_server, which cannot be installed from a registry.

    python tests/serving/model_server.py saved_models/vr [--rest 8501] [--grpc 8500]

What a client sees is what TensorFlow Serving documents: the REST paths, bodies and
status codes of its api_rest.md, and PredictionService with the official stubs. What
runs is what it runs: a SavedModel in a Session, the tensors of a signature, the
warm-up requests at the start. It prints one line of JSON when it is ready.
"""

import argparse
import base64
import json
import os
import re
import sys
from concurrent import futures
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import grpc
import tensorflow as tf
from tensorflow_serving.apis import (
    predict_pb2,
    prediction_log_pb2,
    prediction_service_pb2_grpc,
)

v1 = tf.compat.v1
HTTP_STATUS = {3: 400, 4: 504, 5: 404, 8: 429, 9: 400, 12: 501, 14: 503}  # else 500
NOT_FOUND = 5
WARM_UP = "assets.extra/tf_serving_warmup_requests"


class Failure(Exception):
    """What a client is told: a code of absl::StatusCode, and a text."""

    def __init__(self, code, text):
        super().__init__(text)
        self.code, self.text = code, text


class Model:
    """One SavedModel in a Session, as TensorFlow Serving holds it."""

    def __init__(self, folder):
        self.session = v1.Session(graph=tf.Graph())
        with self.session.graph.as_default():
            meta = v1.saved_model.load(self.session, ["serve"], str(folder))
        self.signatures = meta.signature_def
        self.warmed_up = 0
        for record in tf.data.TFRecordDataset(str(folder / WARM_UP)):
            log = prediction_log_pb2.PredictionLog.FromString(record.numpy())
            request = log.predict_log.request
            inputs = {k: tf.make_ndarray(v) for k, v in request.inputs.items()}
            self.run(request.model_spec.signature_name, inputs)
            self.warmed_up += 1

    def run(self, name, inputs):
        """{input: array} -> {output: array}; raises `Failure`."""
        name = name or "serving_default"
        if name not in self.signatures:
            raise Failure(9, f'Serving signature key "{name}" not found.')
        signature = self.signatures[name]
        if set(inputs) != set(signature.inputs):
            raise Failure(3, f"inputs {set(inputs)}; expected {set(signature.inputs)}")
        feeds = {signature.inputs[k].name: v for k, v in inputs.items()}
        fetches = {k: v.name for k, v in signature.outputs.items()}
        try:
            return self.session.run(fetches, feeds)
        except (ValueError, TypeError) as error:
            raise Failure(3, str(error)) from error
        except tf.errors.OpError as error:
            # As in C++: Python's message goes on with where the graph was made.
            raise Failure(error.error_code, _first_part(error.message)) from error


def _first_part(message):
    text = message.removeprefix("Graph execution error:\n\n")
    found = re.search(r"^.*?\n\t \[\[\{\{node .*?\}\}\]\]", text, re.DOTALL)
    return found[0] if found else text


class Models(dict):
    """The models of a folder, by name."""

    def __missing__(self, name):
        raise Failure(NOT_FOUND, f"Servable not found for request: Latest({name})")


def load(folder):
    name = Path(folder).name
    return Models(
        {
            f"{name}_{half}": Model(Path(folder) / half / "1")
            for half in ("encoder", "decoder")
        }
    )


class Rest(BaseHTTPRequestHandler):
    """https://www.tensorflow.org/tfx/serving/api_rest"""

    protocol_version = "HTTP/1.1"
    models = None

    def do_GET(self):
        found = re.fullmatch(r"/v1/models/([^/:]+)(/versions/1)?", self.path)
        self.answer(lambda: self.status(found))

    def do_POST(self):
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        found = re.fullmatch(r"/v1/models/([^/:]+)(/versions/1)?:predict", self.path)
        self.answer(lambda: self.predict(found, body))

    def answer(self, work):
        try:
            status, document = 200, work()
        except Failure as failure:
            status = HTTP_STATUS.get(failure.code, 500)
            document = {"error": failure.text}
        data = json.dumps(document, indent=4).encode() + b"\n"
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def status(self, found):
        if not found:
            raise Failure(3, f"Malformed request: GET {self.path}")
        self.models[found[1]]
        status = {"error_code": "OK", "error_message": ""}
        version = {"version": "1", "state": "AVAILABLE", "status": status}
        return {"model_version_status": [version]}

    def predict(self, found, body):
        if not found:
            raise Failure(3, f"Malformed request: POST {self.path}")
        model = self.models[found[1]]
        try:
            request = json.loads(body)
            instances = request["instances"]
            name = request.get("signature_name", "serving_default")
            inputs = _columns(instances, model.signatures[name].inputs)
        except (ValueError, KeyError, TypeError) as error:
            raise Failure(3, f"JSON Parse error: {error!r}") from error
        outputs = model.run(name, inputs)
        columns = {k: [_to_json(k, v) for v in vector] for k, vector in outputs.items()}
        if len(columns) == 1:
            return {"predictions": next(iter(columns.values()))}
        rows = zip(*columns.values(), strict=True)
        return {"predictions": [dict(zip(columns, row, strict=True)) for row in rows]}

    def log_message(self, *_):
        pass


def _columns(instances, names):
    """Rows of JSON -> {input: list}; with one input, a row may be the value itself."""
    if len(names) == 1:
        (name,) = names
        values = [i[name] if set(i) == {name} else i for i in instances]
        return {name: [_from_json(value) for value in values]}
    return {name: [_from_json(i[name]) for i in instances] for name in names}


def _from_json(value):
    return base64.b64decode(value["b64"]) if isinstance(value, dict) else value


def _to_json(name, value):
    if name.endswith("_bytes"):
        return {"b64": base64.b64encode(value).decode()}
    return value.item()


class Grpc(prediction_service_pb2_grpc.PredictionServiceServicer):
    def __init__(self, models):
        self.models = models
        self.codes = {code.value[0]: code for code in grpc.StatusCode}

    def Predict(self, request, context):
        inputs = {k: tf.make_ndarray(v) for k, v in request.inputs.items()}
        try:
            spec = request.model_spec
            outputs = self.models[spec.name].run(spec.signature_name, inputs)
        except Failure as failure:
            context.abort(self.codes[failure.code], failure.text)
        response = predict_pb2.PredictResponse()
        response.model_spec.CopyFrom(request.model_spec)
        for name, values in outputs.items():
            if values.dtype == object:
                tensor = tf.make_tensor_proto(values)
            else:  # value by value, as the server does by default
                dtype = tf.as_dtype(values.dtype)
                tensor = tf.make_tensor_proto([], dtype)
                field = {tf.float32: "float_val", tf.int64: "int64_val"}[dtype]
                getattr(tensor, field).extend(values.tolist())
                tensor.tensor_shape.dim[0].size = len(values)
            response.outputs[name].CopyFrom(tensor)
        return response


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("folder", help="a model folder, such as saved_models/vr")
    parser.add_argument("--rest", type=int, default=0, help="port; 0: any")
    parser.add_argument("--grpc", type=int, default=0, help="port; 0: any")
    args = parser.parse_args()
    models = load(args.folder)
    workers = futures.ThreadPoolExecutor(16)
    unlimited = [("grpc.max_receive_message_length", -1)]
    rpc = grpc.server(
        workers, options=[*unlimited, ("grpc.max_send_message_length", -1)]
    )
    prediction_service_pb2_grpc.add_PredictionServiceServicer_to_server(
        Grpc(models), rpc
    )
    grpc_port = rpc.add_insecure_port(f"127.0.0.1:{args.grpc}")
    rpc.start()
    Rest.models = models
    http = ThreadingHTTPServer(("127.0.0.1", args.rest), Rest)
    warmed_up = {name: model.warmed_up for name, model in models.items()}
    ready = {"rest": http.server_port, "grpc": grpc_port, "warmed_up": warmed_up}
    print(json.dumps(ready), flush=True)
    try:
        http.serve_forever()
    except KeyboardInterrupt:
        sys.exit(130)


if __name__ == "__main__":
    main()

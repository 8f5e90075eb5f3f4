#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Suffixes on other servers, called by our client; other clients at our server. Suffixes that `dnntune export --target triton` writes are hosted
by Triton's own front end (nvidia-pytriton), KServe's Python server and MLServer, each with onnxruntime behind it, and `dnntune run --plan`
finishes its runs there; tritonclient asks `dnntune serve`. The servers may live in environments of their own: --triton, --kserve, --mlserver and
--client name their Pythons, "" leaves one out."""
import contextlib
import json
import os
import pathlib
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request

import numpy as np
import onnx
from onnx import helper

import common

HERE = pathlib.Path(__file__).resolve().parent
# Largest difference allowed, over the largest value; what the encoding itself loses is most of it.
LIMITS = {"raw": 1e-4, "fp16": 2e-2, "int8": 0.2}
NETWORKS = {"mobilenet_v2": 0.6, "resnet50": 0.6, "rnn_ptb_small": 0.6}  # where to cut, as a share of the layers
PATIENCE_S = 180.0
JSON_ONLY = {"mlserver"}  # cannot be sent fp16: the run is finished here


def free_ports(count):
    """The first of `count` ports in a row that nobody uses."""
    for first in range(18000, 30000, 16):
        with contextlib.ExitStack() as stack:
            try:
                for port in range(first, first + count):
                    stack.enter_context(socket.socket()).bind(("127.0.0.1", port))
                return first
            except OSError:
                continue
    raise SystemExit("no free ports")


@contextlib.contextmanager
def hosted(engine, python, repository, names, log):
    """The URL of `engine` once all of `names` are ready there."""
    port = free_ports(3)
    url = f"http://127.0.0.1:{port}"
    environment = {**os.environ, "OMP_NUM_THREADS": "1"}
    with open(log, "w") as out:
        process = subprocess.Popen([python, HERE / "foreign" / f"{engine}_host.py", repository, str(port)], stdout=out, stderr=out, cwd=repository, env=environment,
                                   start_new_session=True)
        try:
            deadline = time.monotonic() + PATIENCE_S
            for name in names:
                while not is_ready(f"{url}/v2/models/{name}/ready"):
                    if process.poll() is not None or time.monotonic() > deadline:
                        raise RuntimeError(f"{engine} does not serve {name}; see {log}")
                    time.sleep(0.2)
            yield url
        finally:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGTERM)
            try:
                process.wait(30)
            except subprocess.TimeoutExpired:
                os.killpg(process.pid, signal.SIGKILL)


def is_ready(url):
    try:
        return urllib.request.urlopen(url, timeout=5).status == 200
    except OSError:
        return False


def streaming_lstm(path):
    """One step of an LSTM whose state enters and leaves: x, h, c -> Relu -> LSTM -> y, y_h, y_c."""
    hidden, features = 16, 8
    rng = np.random.default_rng(7)
    weights = [onnx.numpy_helper.from_array(rng.uniform(-0.4, 0.4, shape).astype(np.float32), name)
               for name, shape in (("w", (1, 4 * hidden, features)), ("r", (1, 4 * hidden, hidden)), ("b", (1, 8 * hidden)))]
    value = lambda name, shape: helper.make_tensor_value_info(name, onnx.TensorProto.FLOAT, shape)
    graph = helper.make_graph([helper.make_node("Relu", ["x"], ["seen"], name="entry"), helper.make_node("LSTM", ["seen", "w", "r", "b", "", "h", "c"], ["y", "y_h", "y_c"], name="lstm", hidden_size=hidden)],
                              "streaming_lstm", [value("x", [1, 1, features]), value("h", [1, 1, hidden]), value("c", [1, 1, hidden])],
                              [value("y", [1, 1, 1, hidden]), value("y_h", [1, 1, hidden]), value("y_c", [1, 1, hidden])], weights)
    onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8), str(path))


def make_plan(build, model, share, encoding, path, profiles):
    """A plan that cuts at `share` of the layers, made from a quick profile of this machine."""
    profile = profiles / f"{model.stem}.json"
    if not profile.exists():
        common.dnntune(build, "profile", model, "--threads", 1, "--samples", 1, "--seconds", 5, "--out", profile)
    layers = [layer["name"] for layer in json.loads(profile.read_text())["layers"]]
    first = min(max(1, round(len(layers) * share)), len(layers) - 1)
    pins = ["--pin", layers[first - 1], "--pin", layers[first] + "=cloud"]
    common.dnntune(build, "plan", model, "--device", profile, "--cloud", profile, "--link", "wifi", "--encodings", encoding, *pins, "--out", path)


def outputs_of(folder):
    return {path.stem: np.load(path) for path in folder.glob("*.npy")}


def run(build, model, folder, inputs=(), plan=None, url=None):
    """Outputs by name, and what the command says of the run."""
    for leftover in folder.glob("*.npy"):
        leftover.unlink()
    words = ["run", model, "--out-dir", folder, "--json", *inputs]
    words += ["--plan", plan, "--cloud", url, "--deadline", PATIENCE_S] if plan else ["--threads", 1]
    said = json.loads(common.dnntune(build, *words).splitlines()[-1])
    return outputs_of(folder), said


def difference(actual, expected):
    return max(common.relative_error(actual.get(name), value) for name, value in expected.items())


CHECK_CONFIG = """
import sys
from google.protobuf import text_format
from tritonclient.grpc import model_config_pb2
config = text_format.Parse(open(sys.argv[1]).read(), model_config_pb2.ModelConfig())
for item in [*config.input, *config.output]:
    print(item.name, model_config_pb2.DataType.Name(item.data_type), *item.dims)
"""


def check_config(python, model, table):
    """config.pbtxt as Triton's own schema reads it has the inputs and outputs of the ONNX file."""
    done = subprocess.run([python, "-c", CHECK_CONFIG, model.parent.parent / "config.pbtxt"], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    names = {onnx.TensorProto.FLOAT: "TYPE_FP32", onnx.TensorProto.FLOAT16: "TYPE_FP16", onnx.TensorProto.INT8: "TYPE_INT8"}
    graph = onnx.load(str(model), load_external_data=False).graph
    weights = {weight.name for weight in graph.initializer}
    tensors = [(i.name, i.type.tensor_type) for i in [*graph.input, *graph.output] if i.name not in weights]
    expected = [" ".join([name, names[t.elem_type], *(str(d.dim_value or -1) for d in t.shape.dim)]) for name, t in tensors]
    good = done.returncode == 0 and done.stdout.splitlines() == expected
    table.row("config", model.parent.parent.name[:16], "-", "-", 0.0, good, "" if good else done.stderr.strip().splitlines()[-1] if done.stderr.strip() else done.stdout)


class Table:
    def __init__(self):
        self.bad = 0
        print(f"{'server':10} {'network':16} {'crosses':8} {'path':9} {'difference':>10}  verdict")

    def row(self, server, network, encoding, path, error, good, why=""):
        self.bad += not good
        print(f"{server:10} {network:16} {encoding:8} {path:9} {error:10.1e}  {'ok' if good else 'BAD'}{'  ' + why if why else ''}", flush=True)


def check_engine(args, engine, python, cases, repository, work, table):
    names = sorted(path.name for path in (repository / "models").iterdir())
    with hosted(engine, python, repository, names, work / f"{engine}.log") as url:
        for network, encoding, model, plan in cases:
            here, _ = run(args.build, model, work / "here")
            there, said = run(args.build, model, work / "there", (), plan, url)
            error = difference(there, here)
            refused = engine in JSON_ONLY and encoding == "fp16"  # no JSON form: finished here, and said so
            good = said["path"] == ("fallback" if refused else "split") and error <= LIMITS[encoding]
            table.row(engine, network, encoding, said["path"], error, good, said["why"])
        check_state(args, engine, url, *next((model, plan) for network, encoding, model, plan in cases if network == "streaming_lstm"), work, table)


def check_state(args, engine, url, model, plan, work, table, steps=3):
    """The state that one answer brings goes out with the next request."""
    rng = np.random.default_rng(5)
    state = {which: {"h": np.zeros((1, 1, 16), np.float32), "c": np.zeros((1, 1, 16), np.float32)} for which in ("here", "there")}
    error, paths = 0.0, set()
    for _ in range(steps):
        x = rng.uniform(-1, 1, (1, 1, 8)).astype(np.float32)
        results = {}
        for which in state:
            words = []
            for name, value in {"x": x, **state[which]}.items():
                np.save(work / f"{name}.npy", value)
                words += ["--input", f"{name}={work / f'{name}.npy'}"]
            results[which], said = run(args.build, model, work / which, words, *((plan, url) if which == "there" else ()))
            state[which] = {"h": results[which]["y_h"], "c": results[which]["y_c"]}
        paths.add(said["path"])
        error = max(error, difference({k: results["there"][k] for k in ("y", "y_h", "y_c")}, {k: results["here"][k] for k in ("y", "y_h", "y_c")}))
    table.row(engine, f"state, {steps} steps", "raw", "/".join(paths), error, paths == {"split"} and error <= LIMITS["raw"])


def main():
    args = common.arguments(__doc__, triton={"default": sys.executable}, kserve={"default": sys.executable}, mlserver={"default": sys.executable}, client={"default": sys.executable},
                            networks={"nargs": "+", "default": list(NETWORKS), "choices": list(NETWORKS)}, encodings={"nargs": "+", "default": list(LIMITS), "choices": list(LIMITS)},
                            work={"type": pathlib.Path, "help": "keeps models, plans, repositories and the servers' logs here"})
    with contextlib.ExitStack() as stack:
        work = args.work or pathlib.Path(stack.enter_context(tempfile.TemporaryDirectory()))
        work.mkdir(parents=True, exist_ok=True)
        work, args.build = work.resolve(), args.build.resolve()
        streaming = work / "streaming_lstm.onnx"
        streaming_lstm(streaming)
        cases = []
        for name, share, encodings in [*((n, NETWORKS[n], args.encodings) for n in args.networks), ("streaming_lstm", 0.5, ["raw"])]:
            model = streaming if name == "streaming_lstm" else common.zoo_file(args.build, work, name)
            for encoding in encodings:
                plan = work / f"{name}.{encoding}.plan.json"
                make_plan(args.build, model, share, encoding, plan, work)
                common.dnntune(args.build, "export", model, "--target", "triton", "--plan", plan, "--out", work / "repository", "--replace")
                cases.append((name, encoding, model, plan))
        table = Table()
        if args.client:
            for model in sorted((work / "repository").glob("models/*/1/model.onnx")):
                check_config(args.client, model, table)
        for engine in ("triton", "kserve", "mlserver"):
            if getattr(args, engine):
                check_engine(args, engine, getattr(args, engine), cases, work / "repository", work, table)
        if args.client:
            table.bad += subprocess.run([args.client, HERE / "tritonclient_infer.py", "--build", args.build]).returncode != 0
        return table.bad > 0


if __name__ == "__main__":
    sys.exit(main())

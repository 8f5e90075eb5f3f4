# SPDX-License-Identifier: Apache-2.0
"""OpenVINO, CPU plugin, held to float32: on processors with BF16 it would use that by itself."""
import numpy as np
import openvino


def version(build):
    return openvino.__version__.split("-")[0]


class Engine:
    def __init__(self, model, inputs, threads, folder, build):
        core = openvino.Core()
        network = core.read_model(str(model))
        network.reshape({name: list(value.shape) for name, value in inputs.items()})
        self.compiled = core.compile_model(network, "CPU", {
            "INFERENCE_PRECISION_HINT": "f32", "EXECUTION_MODE_HINT": "ACCURACY", "PERFORMANCE_HINT": "LATENCY",
            "INFERENCE_NUM_THREADS": threads, "NUM_STREAMS": 1, "ENABLE_CPU_PINNING": threads > 1, "CPU_DENORMALS_OPTIMIZATION": True})
        self._check_precision()
        self.request = self.compiled.create_infer_request()
        for name, value in inputs.items():
            self.request.set_tensor(name, openvino.Tensor(np.ascontiguousarray(value), shared_memory=True))
        self.names = [output.get_any_name() for output in self.compiled.outputs]

    def _check_precision(self):
        """The hint is not proof: every node of the compiled graph says what it computes in."""
        hint = self.compiled.get_property("INFERENCE_PRECISION_HINT")
        if hint != openvino.Type.f32:
            raise RuntimeError(f"computes in {hint} although f32 was asked for")
        for node in self.compiled.get_runtime_model().get_ops():
            precision = node.get_rt_info()["runtimePrecision"].value if "runtimePrecision" in node.get_rt_info() else ""
            if str(precision).lower() in ("bf16", "f16"):
                raise RuntimeError(f"layer {node.get_friendly_name()} computes in {precision}")

    def run(self):
        self.request.infer(share_outputs=True)

    def outputs(self):
        return {name: np.array(self.request.get_output_tensor(i).data) for i, name in enumerate(self.names)}

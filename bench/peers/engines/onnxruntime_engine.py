# SPDX-License-Identifier: Apache-2.0
"""onnxruntime, CPU provider: all graph optimisations, which include the blocked NCHW layout."""
import os

import onnxruntime


def version(build):
    return onnxruntime.__version__


def session(model, threads=1):
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    options.inter_op_num_threads = 1
    options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_ENABLE_ALL
    options.log_severity_level = 3
    if threads > 1:  # one thread a core: the system may leave two of them on one for a long time
        cores = sorted(os.sched_getaffinity(0))
        options.add_session_config_entry("session.intra_op_thread_affinities", ";".join(str(core + 1) for core in cores[1:threads]))
    options.add_session_config_entry("session.set_denormal_as_zero", "1")
    return onnxruntime.InferenceSession(str(model), options, providers=["CPUExecutionProvider"])


class Engine:
    def __init__(self, model, inputs, threads, folder, build):
        cores = sorted(os.sched_getaffinity(0))
        self.session = session(model, threads)
        if threads > 1:
            os.sched_setaffinity(0, cores[:1])  # this thread is the first of them
        self.names = [output.name for output in self.session.get_outputs()]
        self.binding = self.session.io_binding()
        self.inputs = {name: onnxruntime.OrtValue.ortvalue_from_numpy(value) for name, value in inputs.items()}
        for name, value in self.inputs.items():
            self.binding.bind_ortvalue_input(name, value)
        for name in self.names:
            self.binding.bind_output(name, "cpu")

    def run(self):
        self.session.run_with_iobinding(self.binding)

    def outputs(self):
        return dict(zip(self.names, self.binding.copy_outputs_to_cpu()))

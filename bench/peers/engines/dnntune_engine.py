# SPDX-License-Identifier: Apache-2.0
"""dnntune through its C API: its own kernels as it chooses them, or tuned over all its backends."""
import ctypes

import numpy as np

TYPES = {np.dtype(np.float32): 1, np.dtype(np.int32): 6, np.dtype(np.int64): 7}
DTYPES = {code: dtype for dtype, code in TYPES.items()}


def version(build):
    lib = ctypes.CDLL(str(build / "libdnntune.so"))
    lib.dnntune_version.restype = ctypes.c_char_p
    return lib.dnntune_version().decode()


class SessionOptions(ctypes.Structure):
    """dnntune_session_options."""
    _fields_ = [("struct_size", ctypes.c_uint32), ("reference_kernels", ctypes.c_int), ("worker_spin_us", ctypes.c_int), ("weights", ctypes.c_int),
                ("alone_below_us", ctypes.c_int), ("math", ctypes.c_int), ("max_loop_iterations", ctypes.c_int), ("max_loop_bytes", ctypes.c_int64),
                ("allow_missing_cores", ctypes.c_int), ("max_plans", ctypes.c_int), ("storage", ctypes.c_int), ("assignment", ctypes.c_void_p),
                ("tuning_cache", ctypes.c_char_p)]


class Engine:
    def __init__(self, model, inputs, threads, folder, build, tuned=False):
        self.lib = ctypes.CDLL(str(build / "libdnntune.so"))
        self.lib.dnntune_last_error.restype = ctypes.c_char_p
        graph, processor = ctypes.c_void_p(), ctypes.c_void_p()
        self.session = ctypes.c_void_p()
        self._try(self.lib.dnntune_graph_load(str(model).encode(), None, ctypes.byref(graph)))
        self._try(self.lib.dnntune_processor_local(f"cpu:all x{threads}".encode(), ctypes.byref(processor)))
        options = SessionOptions()
        self.lib.dnntune_session_options_init(ctypes.byref(options), ctypes.c_size_t(ctypes.sizeof(options)))
        options.assignment = self._tune(graph, processor, threads) if tuned else None
        self._try(self.lib.dnntune_session_create(graph, processor, ctypes.byref(options), ctypes.byref(self.session)))
        self.lib.dnntune_processor_destroy(processor)
        self.lib.dnntune_graph_destroy(graph)  # the session has what it needs
        self.names = (ctypes.c_char_p * len(inputs))(*[name.encode() for name in inputs])
        self.tensors = (ctypes.c_void_p * len(inputs))(*[self._tensor(value) for value in inputs.values()])
        self.count = ctypes.c_size_t(len(inputs))
        self.last = ctypes.c_void_p()

    def _tune(self, graph, processor, threads):
        """Over 1 to `threads` threads, of our kernels and XNNPACK's."""
        names = [f"{backend}:all x{n}" for n in range(1, threads + 1) for backend in ("cpu", "xnnpack") if (backend, n) != ("cpu", threads)]
        processors = (ctypes.c_void_p * (1 + len(names)))(processor)
        for i, name in enumerate(names):
            other = ctypes.c_void_p()
            self._try(self.lib.dnntune_processor_local(name.encode(), ctypes.byref(other)))
            processors[1 + i] = other
        tuning, assignment = ctypes.c_void_p(), ctypes.c_void_p()
        self._try(self.lib.dnntune_tune(graph, processors, ctypes.c_size_t(len(processors)), None, ctypes.byref(tuning)))
        self._try(self.lib.dnntune_tuning_assignment(tuning, ctypes.byref(assignment)))
        return assignment

    def _try(self, status):
        if status != 0:
            raise RuntimeError(self.lib.dnntune_last_error().decode())

    def _tensor(self, value):
        value = np.ascontiguousarray(value)
        shape = (ctypes.c_int64 * value.ndim)(*value.shape)
        handle = ctypes.c_void_p()
        self._try(self.lib.dnntune_tensor_create(TYPES[value.dtype], shape, ctypes.c_size_t(value.ndim), value.ctypes.data_as(ctypes.c_void_p),
                                                 ctypes.c_size_t(value.nbytes), ctypes.byref(handle)))
        return handle

    def run(self):
        self.lib.dnntune_tensors_destroy(self.last)
        self.last = ctypes.c_void_p()
        self._try(self.lib.dnntune_session_run(self.session, self.names, self.tensors, self.count, ctypes.byref(self.last)))

    def outputs(self):
        count = ctypes.c_size_t()
        self._try(self.lib.dnntune_tensors_count(self.last, ctypes.byref(count)))
        result = {}
        for i in range(count.value):
            name, tensor, kind, shape = ctypes.c_char_p(), ctypes.c_void_p(), ctypes.c_int(), ctypes.POINTER(ctypes.c_int64)()
            rank, data, size = ctypes.c_size_t(), ctypes.c_void_p(), ctypes.c_size_t()
            self._try(self.lib.dnntune_tensors_at(self.last, ctypes.c_size_t(i), ctypes.byref(name), ctypes.byref(tensor)))
            self._try(self.lib.dnntune_tensor_type(tensor, ctypes.byref(kind)))
            self._try(self.lib.dnntune_tensor_shape(tensor, ctypes.byref(shape), ctypes.byref(rank)))
            self._try(self.lib.dnntune_tensor_data(tensor, ctypes.byref(data), ctypes.byref(size)))
            raw = ctypes.string_at(data, size.value)
            result[name.value.decode()] = np.frombuffer(raw, DTYPES[kind.value]).reshape([shape[k] for k in range(rank.value)])
        return result

    def close(self):
        self.lib.dnntune_tensors_destroy(self.last)
        self.lib.dnntune_session_destroy(self.session)
        for tensor in self.tensors:
            self.lib.dnntune_tensor_destroy(ctypes.c_void_p(tensor))

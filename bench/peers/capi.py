# SPDX-License-Identifier: Apache-2.0
"""dnntune in this process, through its C API: so that it can be timed alternately with another engine."""
import ctypes

import numpy as np

FLOAT32, INT64 = 1, 7


class Session:
    def __init__(self, build, model, threads):
        self.lib = ctypes.CDLL(str(build / "libdnntune.so"))
        self.lib.dnntune_last_error.restype = ctypes.c_char_p
        graph, processor = ctypes.c_void_p(), ctypes.c_void_p()
        self.session = ctypes.c_void_p()
        self._try(self.lib.dnntune_graph_load(str(model).encode(), None, ctypes.byref(graph)))
        self._try(self.lib.dnntune_processor_local(f"cpu:all x{threads}".encode(), ctypes.byref(processor)))
        self._try(self.lib.dnntune_session_create(graph, processor, None, ctypes.byref(self.session)))

    def _try(self, status):
        if status != 0:
            raise SystemExit(f"dnntune: {self.lib.dnntune_last_error().decode()}")

    def prepare(self, inputs):
        """Turns numpy arrays into handles once, so that the timed call is dnntune_session_run alone."""
        self.names = (ctypes.c_char_p * len(inputs))(*[name.encode() for name in inputs])
        self.tensors = (ctypes.c_void_p * len(inputs))()
        for i, value in enumerate(inputs.values()):
            value = np.ascontiguousarray(value)
            shape = (ctypes.c_int64 * value.ndim)(*value.shape)
            handle = ctypes.c_void_p()
            kind = FLOAT32 if value.dtype == np.float32 else INT64
            self._try(self.lib.dnntune_tensor_create(kind, shape, ctypes.c_size_t(value.ndim), value.ctypes.data_as(ctypes.c_void_p),
                                                     ctypes.c_size_t(value.nbytes), ctypes.byref(handle)))
            self.tensors[i] = handle

    def run(self):
        outputs = ctypes.c_void_p()
        self._try(self.lib.dnntune_session_run(self.session, self.names, self.tensors, ctypes.c_size_t(len(self.tensors)), ctypes.byref(outputs)))
        return outputs

    def destroy_outputs(self, outputs):
        self.lib.dnntune_tensors_destroy(outputs)

    def outputs(self):
        """One run's float32 outputs as numpy arrays by name."""
        outputs = self.run()
        count = ctypes.c_size_t()
        self._try(self.lib.dnntune_tensors_count(outputs, ctypes.byref(count)))
        result = {}
        for i in range(count.value):
            name, tensor, shape = ctypes.c_char_p(), ctypes.c_void_p(), ctypes.POINTER(ctypes.c_int64)()
            rank, data, size = ctypes.c_size_t(), ctypes.c_void_p(), ctypes.c_size_t()
            self._try(self.lib.dnntune_tensors_at(outputs, ctypes.c_size_t(i), ctypes.byref(name), ctypes.byref(tensor)))
            self._try(self.lib.dnntune_tensor_shape(tensor, ctypes.byref(shape), ctypes.byref(rank)))
            self._try(self.lib.dnntune_tensor_data(tensor, ctypes.byref(data), ctypes.byref(size)))
            raw = ctypes.string_at(data, size.value)
            result[name.value.decode()] = np.frombuffer(raw, np.float32).reshape([shape[k] for k in range(rank.value)])
        self.destroy_outputs(outputs)
        return result

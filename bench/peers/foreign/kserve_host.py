# SPDX-License-Identifier: Apache-2.0
"""REPOSITORY PORT: KServe's Python server with onnxruntime in its predict."""
import sys

import kserve
from kserve.protocol.infer_type import InferOutput, InferResponse
from kserve.utils.numpy_codec import from_np_dtype
from kserve.utils.utils import generate_uuid

from repository import suffixes


class Model(kserve.Model):
    def __init__(self, suffix):
        super().__init__(suffix.name)
        self.suffix = suffix
        self.ready = True

    def predict(self, payload, headers=None, response_headers=None):
        arrays = {item.name: item.as_numpy() for item in payload.inputs}
        wanted = {item.name: item for item in payload.request_outputs or []}
        outputs = []
        for name, array in self.suffix.run(arrays).items():
            if wanted and name not in wanted:
                continue
            output = InferOutput(name=name, shape=list(array.shape), datatype=from_np_dtype(array.dtype))
            output.set_data_from_numpy(array, binary_data=name in wanted and bool((wanted[name].parameters or {}).get("binary_data", payload.use_binary_outputs)))
            outputs.append(output)
        return InferResponse(response_id=payload.id or generate_uuid(), model_name=self.name, infer_outputs=outputs)


if __name__ == "__main__":
    kserve.ModelServer(http_port=int(sys.argv[2]), workers=1, enable_grpc=False, access_log_format=None).start([Model(suffix) for suffix in suffixes(sys.argv[1])])

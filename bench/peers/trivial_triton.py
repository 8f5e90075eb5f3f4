# SPDX-License-Identifier: Apache-2.0
"""PORT BYTES: Triton's own front end, as nvidia-pytriton brings it, with a model "trivial" that answers y = Relu(x) on so many bytes of floats: what
dnntune_overhead_bench asks."""
import signal
import sys

import numpy as np
from pytriton.model_config import ModelConfig, Tensor
from pytriton.triton import Triton, TritonConfig


def relu(requests):
    return [{"y": np.maximum(request.data["x"], 0)} for request in requests]


def main():
    port, size = int(sys.argv[1]), int(sys.argv[2])
    config = TritonConfig(http_address="127.0.0.1", http_port=port, allow_grpc=False, allow_metrics=False)
    tensors = [[Tensor(name=name, dtype=np.float32, shape=(1, size // 4))] for name in ("x", "y")]
    with Triton(config=config) as triton:
        triton.bind(model_name="trivial", infer_func=relu, inputs=tensors[0], outputs=tensors[1], config=ModelConfig(batching=False), strict=True)
        triton.run()
        print("ready", flush=True)
        signal.sigwait({signal.SIGTERM, signal.SIGINT})


if __name__ == "__main__":
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGTERM, signal.SIGINT})
    main()

# SPDX-License-Identifier: Apache-2.0
"""REPOSITORY PORT: Triton's own front end, as nvidia-pytriton brings it, with onnxruntime behind its Python backend."""
import signal
import sys

from pytriton.model_config import ModelConfig, Tensor
from pytriton.triton import Triton, TritonConfig

from repository import suffixes


def answers(suffix):
    def infer(requests):
        return [suffix.run({name: request.data[name] for name, _, _ in suffix.inputs()}) for request in requests]

    return infer


def main():
    folder, port = sys.argv[1], int(sys.argv[2])
    config = TritonConfig(http_address="127.0.0.1", http_port=port, allow_grpc=False, allow_metrics=False)
    with Triton(config=config) as triton:
        for suffix in suffixes(folder):
            tensors = [[Tensor(name=name, dtype=dtype, shape=shape) for name, dtype, shape in infos] for infos in (suffix.inputs(), suffix.outputs())]
            triton.bind(model_name=suffix.name, infer_func=answers(suffix), inputs=tensors[0], outputs=tensors[1], config=ModelConfig(batching=False), strict=True)
        triton.run()
        signal.sigwait({signal.SIGTERM, signal.SIGINT})


if __name__ == "__main__":
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGTERM, signal.SIGINT})
    main()

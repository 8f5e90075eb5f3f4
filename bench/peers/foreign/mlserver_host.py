# SPDX-License-Identifier: Apache-2.0
"""REPOSITORY PORT: MLServer with onnxruntime in a custom runtime; JSON, as MLServer has no binary tensors over REST."""
import asyncio
import pathlib
import sys

from mlserver import MLModel, MLServer, ModelSettings, Settings
from mlserver.codecs import NumpyCodec
from mlserver.settings import ModelParameters
from mlserver.types import InferenceResponse

from repository import Suffix, suffixes


class Runtime(MLModel):
    async def load(self):
        self.suffix = Suffix(pathlib.Path(self.settings.parameters.uri))
        self.types = {name: dtype for name, dtype, _ in self.suffix.inputs()}
        return True

    async def predict(self, payload):
        arrays = {item.name: NumpyCodec.decode_input(item).astype(self.types[item.name]) for item in payload.inputs}
        outputs = [NumpyCodec.encode_output(name, array) for name, array in self.suffix.run(arrays).items()]
        return InferenceResponse(model_name=self.name, id=payload.id, outputs=outputs)


async def main():
    folder, port = sys.argv[1], int(sys.argv[2])
    server = MLServer(Settings(host="127.0.0.1", http_port=port, grpc_port=port + 1, metrics_port=port + 2, parallel_workers=0, load_models_at_startup=False))
    models = [ModelSettings(name=suffix.name, implementation=Runtime,
                            parameters=ModelParameters(uri=str(pathlib.Path(folder) / "models" / suffix.name / "1" / "model.onnx"))) for suffix in suffixes(folder)]
    await server.start(models)


if __name__ == "__main__":
    asyncio.run(main())

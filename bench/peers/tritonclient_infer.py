#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""tritonclient, NVIDIA's own client, against `dnntune serve`: metadata, health, binary and JSON tensors."""
import subprocess
import sys

import numpy as np
import tritonclient.http as triton

import common


def main():
    args = common.arguments(__doc__)
    model = common.DIGITS / "digits_cnn.onnx"
    server = subprocess.Popen([args.build / "bench/cli/dnntune", "serve", str(model)], stdout=subprocess.PIPE, text=True)
    try:
        name = url = None
        for line in server.stdout:
            if line.startswith("model "):
                name = line.split()[1]
            if line.startswith("listening on "):
                url = line.split("http://")[1].strip()
                break
        client = triton.InferenceServerClient(url)
        assert client.is_server_live() and client.is_server_ready() and client.is_model_ready(name)
        assert "binary_tensor_data" in client.get_server_metadata()["extensions"]
        metadata = client.get_model_metadata(name)
        image = np.load(common.DIGITS / "test_images.npy")[:7]
        expected = common.ort_run(model, {"image": image})["logits"]
        bad = 0
        for binary_in in (True, False):
            for binary_out in (True, False):
                tensor = triton.InferInput(metadata["inputs"][0]["name"], image.shape, "FP32")
                tensor.set_data_from_numpy(image, binary_data=binary_in)
                output = triton.InferRequestedOutput(metadata["outputs"][0]["name"], binary_data=binary_out)
                logits = client.infer(name, [tensor], outputs=[output], request_id="7").as_numpy("logits")
                error = common.relative_error(logits, expected)
                good = error < 1e-5
                bad += not good
                print(f"{'ok ' if good else 'BAD'} request {'binary' if binary_in else 'JSON':6} response {'binary' if binary_out else 'JSON':6}"
                      f" relative error to onnxruntime {error:.1e}")
        for wrong in ("no_such_model", ""):
            try:
                client.infer(wrong or name, [], outputs=None)
                bad += 1
            except triton.InferenceServerException as e:
                print(f"ok  refused: {e}")
        return bad > 0
    finally:
        server.kill()


if __name__ == "__main__":
    sys.exit(main())

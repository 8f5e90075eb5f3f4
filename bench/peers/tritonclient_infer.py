#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""tritonclient, NVIDIA's own client, against `dnntune serve`: metadata, health, binary and JSON tensors, compressed requests; blocking and asyncio."""
import asyncio
import subprocess
import sys

import numpy as np
import tritonclient.http as triton
import tritonclient.http.aio as triton_aio

import common

FORMS = [(binary_in, binary_out, coding) for binary_in in (True, False) for binary_out in (True, False) for coding in (None, "gzip", "deflate")]


def request(metadata, image, binary_in, binary_out, coding):
    """What both clients take for one inference."""
    tensor = triton.InferInput(metadata["inputs"][0]["name"], image.shape, "FP32")
    tensor.set_data_from_numpy(image, binary_data=binary_in)
    output = triton.InferRequestedOutput(metadata["outputs"][0]["name"], binary_data=binary_out)
    return {"inputs": [tensor], "outputs": [output], "request_id": "7", "request_compression_algorithm": coding, "response_compression_algorithm": coding}


def report(client, form, logits, expected):
    """1 when the answer is wrong."""
    error = common.relative_error(logits, expected)
    binary_in, binary_out, coding = form
    print(f"{'ok ' if error < 1e-5 else 'BAD'} {client:8} request {'binary' if binary_in else 'JSON':6} {coding or 'plain':7} response {'binary' if binary_out else 'JSON':6}"
          f" relative error to onnxruntime {error:.1e}")
    return error >= 1e-5


async def asked_with_asyncio(url, name, metadata, image, expected):
    async with triton_aio.InferenceServerClient(url) as client:
        assert await client.is_server_live() and await client.is_model_ready(name)
        answers = await asyncio.gather(*(client.infer(name, **request(metadata, image, *form)) for form in FORMS))
        return sum(report("asyncio", form, answer.as_numpy("logits"), expected) for form, answer in zip(FORMS, answers))


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
        bad = sum(report("blocking", form, client.infer(name, **request(metadata, image, *form)).as_numpy("logits"), expected) for form in FORMS)
        bad += asyncio.run(asked_with_asyncio(url, name, metadata, image, expected))
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

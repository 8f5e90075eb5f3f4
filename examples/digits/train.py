#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Trains the three digit networks of this folder and exports them with PyTorch's own ONNX exporter.

Data: the 1,797 handwritten digits (8 x 8 pixels) that ship inside scikit-learn; every fifth sample is
held out for testing. Needs torch, scikit-learn and onnx; on Debian 12: apt install python3-torch
python3-sklearn. Run it in this folder; it rewrites the .onnx and .npy files. dnntune itself, its tests
and its demo never run it.
"""
import os

import numpy as np
import torch
from sklearn.datasets import load_digits
from torch import nn

torch.manual_seed(7)
torch.set_num_threads(1)


class DigitsCnn(nn.Module):
    """[N,1,8,8] -> [N,10]; batch norm and residual, so that fusion and a DAG are exercised."""

    def __init__(self):
        super().__init__()
        self.stem = nn.Sequential(nn.Conv2d(1, 16, 3, padding=1), nn.BatchNorm2d(16), nn.ReLU())
        self.depthwise = nn.Sequential(nn.Conv2d(16, 16, 3, padding=1, groups=16), nn.BatchNorm2d(16), nn.ReLU6())
        self.pointwise = nn.Conv2d(16, 16, 1)
        self.body = nn.Sequential(nn.MaxPool2d(2), nn.Conv2d(16, 32, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2))
        self.head = nn.Linear(32 * 2 * 2, 10)

    def forward(self, x):
        x = self.stem(x)
        x = torch.relu(x + self.pointwise(self.depthwise(x)))
        return self.head(torch.flatten(self.body(x), 1))


class DigitsLstm(nn.Module):
    """[N,8,8] read row by row -> [N,10]."""

    def __init__(self):
        super().__init__()
        self.lstm = nn.LSTM(8, 48, batch_first=True, bidirectional=True)
        self.head = nn.Linear(96, 10)

    def forward(self, x):
        y, _ = self.lstm(x)
        return self.head(y[:, -1, :])


class DigitsMlp(nn.Module):
    """[N,64] -> [N,10]"""

    def __init__(self):
        super().__init__()
        self.layers = nn.Sequential(nn.Linear(64, 96), nn.ReLU(), nn.Linear(96, 48), nn.ReLU(), nn.Linear(48, 10))

    def forward(self, x):
        return self.layers(x)


def train(model, images, labels, epochs):
    optimizer = torch.optim.Adam(model.parameters(), lr=3e-3, weight_decay=1e-4)
    for _ in range(epochs):
        order = torch.randperm(len(images))
        for batch in order.split(64):
            optimizer.zero_grad()
            nn.functional.cross_entropy(model(images[batch]), labels[batch]).backward()
            optimizer.step()
    model.eval()


def main():
    digits = load_digits()
    images = torch.tensor(digits.images / 16.0, dtype=torch.float32)
    labels = torch.tensor(digits.target)
    held_out = torch.arange(len(images)) % 5 == 4
    np.save("test_images.npy", images[held_out].numpy()[:, None, :, :])
    np.save("test_labels.npy", labels[held_out].numpy().astype(np.int64))
    for name, model, shape in (("cnn", DigitsCnn(), (-1, 1, 8, 8)), ("lstm", DigitsLstm(), (-1, 8, 8)), ("mlp", DigitsMlp(), (-1, 64))):
        x = images.reshape(shape)
        train(model, x[~held_out], labels[~held_out], 60)
        with torch.no_grad():
            accuracy = (model(x[held_out]).argmax(1) == labels[held_out]).float().mean().item()
        path = f"digits_{name}.onnx"
        torch.onnx.export(model, x[:1], path, opset_version=13, input_names=["image"], output_names=["logits"],
                          dynamic_axes={"image": {0: "batch"}, "logits": {0: "batch"}})
        print(f"{path}: {os.path.getsize(path)} bytes, held-out accuracy {accuracy:.4f}")


if __name__ == "__main__":
    main()

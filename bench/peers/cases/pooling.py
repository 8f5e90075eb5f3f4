# SPDX-License-Identifier: Apache-2.0
"""Windows that slide: transposed convolution, pooling, and GridSample."""
import numpy as np

from cases.case import FLOAT, INT64, chance, floats, generator, pick, single


def conv_transpose(index):
    name = f"conv_transpose_{index:03d}"
    rng = generator(name)
    spatial = [2, 2, 1, 3][index % 4]
    group = pick(rng, [1, 1, 2])
    channels, out = group * pick(rng, [1, 2, 3]), pick(rng, [1, 2, 4])
    kernel = [pick(rng, [1, 2, 3, 4]) for _ in range(spatial)]
    size = [pick(rng, [2, 3, 4]) for _ in range(spatial)]
    strides = [pick(rng, [1, 2, 3]) for _ in range(spatial)]
    dilations = [pick(rng, [1, 1, 2]) for _ in range(spatial)]
    kind = index % 5  # pads; auto_pad; output_shape; output_shape and auto_pad; output_padding
    attributes = {"strides": strides, "kernel_shape": kernel if chance(rng) else None, "group": group if group > 1 else None}
    if kind != 1 and kind != 3:
        attributes["dilations"] = dilations
    extent = [s * (d - 1) + (k - 1) * (l if "dilations" in attributes else 1) + 1 for s, d, k, l in zip(strides, size, kernel, dilations)]
    if kind in (0, 4):
        attributes["pads"] = [int(rng.integers(0, max(1, min(2, (e - 1) // 2) + 1))) for e in extent * 2]
    if kind == 1:
        attributes["auto_pad"] = pick(rng, ["SAME_UPPER", "SAME_LOWER", "VALID"])
    if kind in (2, 3):
        attributes["output_shape"] = [max(1, e - int(rng.integers(0, 3))) for e in extent]
    if kind == 3:
        attributes["auto_pad"] = pick(rng, ["SAME_UPPER", "SAME_LOWER"])
    if kind == 4:
        attributes["output_padding"] = [int(rng.integers(0, s)) for s in strides]
    operands = {"x": floats(rng, [pick(rng, [1, 2]), channels] + size), "w": floats(rng, [channels, out] + kernel),
                "b": floats(rng, [out * group]) if chance(rng) else None}
    constants = ["w", "b"] if chance(rng, 0.8) else []
    case = single("ConvTranspose", name, operands, {"y": FLOAT}, 11, constants, index % 3 == 1, **attributes)
    if kind == 1 and attributes["auto_pad"] != "VALID" and any(k < s for k, s in zip(kernel, strides)):
        case.deviates = "onnxruntime's output is shorter than input * stride where the kernel is shorter than the stride"
        total = [max(0, k - s) for k, s in zip(kernel, strides)]
        small, large = [t // 2 for t in total], [t - t // 2 for t in total]
        explicit = attributes | {"auto_pad": None, "output_padding": [max(0, s - k) for k, s in zip(kernel, strides)],
                                 "pads": small + large if attributes["auto_pad"] == "SAME_UPPER" else large + small}
        case.equal = single("ConvTranspose", name, operands, {"y": FLOAT}, 11, constants, **explicit).model
    return case


def pool(index):
    name = f"pool_{index:03d}"
    rng = generator(name)
    operator = ["MaxPool", "AveragePool", "LpPool"][index % 3]
    spatial = pick(rng, [2, 2, 1, 3])
    kernel = [pick(rng, [1, 2, 3]) for _ in range(spatial)]
    auto = pick(rng, [None, None, None, "SAME_UPPER", "SAME_LOWER", "VALID"])
    opset = {"MaxPool": 12, "AveragePool": pick(rng, [11, 19]), "LpPool": pick(rng, [11, 18])}[operator]
    dilated = (operator == "MaxPool" or opset >= 18) and auto is None
    attributes = {"kernel_shape": kernel, "auto_pad": auto, "strides": [pick(rng, [1, 2, 3]) for _ in range(spatial)] if chance(rng, 0.8) else None,
                  "dilations": [pick(rng, [1, 2]) for _ in range(spatial)] if dilated and chance(rng) else None,
                  "pads": [int(rng.integers(0, k)) for k in kernel * 2] if auto is None and chance(rng, 0.7) else None,
                  "ceil_mode": 1 if (operator != "LpPool" or opset >= 18) and auto is None and chance(rng) else None}
    if operator == "AveragePool":
        attributes["count_include_pad"] = pick(rng, [None, 0, 1, 1])
    if operator == "LpPool":
        attributes["p"] = pick(rng, [None, 1, 3])
    outputs = {"y": FLOAT}
    if operator == "MaxPool" and chance(rng, 0.4):
        outputs["indices"] = INT64
        attributes["storage_order"] = pick(rng, [None, 0, 1])
    x = floats(rng, [pick(rng, [1, 2]), pick(rng, [1, 3])] + [pick(rng, [5, 6, 7]) for _ in range(spatial)])
    return single(operator, name, {"x": x}, outputs, opset, (), index % 4 == 1, **attributes)


def grid_sample(index):
    name = f"grid_sample_{index:03d}"
    rng = generator(name)
    new = index % 2
    modes = ["linear", "nearest", "cubic"] if new else ["bilinear", "nearest", "bicubic"]
    mode = modes[index // 2 % 3]
    volume = bool(new and index % 3 == 1 and mode != "cubic")
    size = [pick(rng, [2, 3, 5]) for _ in range(3 if volume else 2)]
    taken = [pick(rng, [1, 3, 4]) for _ in size]
    batch = pick(rng, [1, 2])
    operands = {"x": floats(rng, [batch, pick(rng, [1, 3])] + size), "grid": floats(rng, [batch] + taken + [len(size)], -1.4, 1.4)}
    return single("GridSample", name, operands, {"y": FLOAT}, 20 if new else 16, (), index % 4 == 1 and batch == 1, mode=mode,
                  padding_mode=pick(rng, [None, "zeros", "border", "reflection"]), align_corners=pick(rng, [None, 0, 1]))


def all_cases():
    makers = [(conv_transpose, 50), (pool, 60), (grid_sample, 36)]
    return [make(i) for make, count in makers for i in range(count)]

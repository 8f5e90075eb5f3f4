# SPDX-License-Identifier: Apache-2.0
"""Resize: modes, coordinates, rounding, antialiasing, sizes and scales, opsets 11 to 19."""
import numpy as np

from cases.case import FLOAT, chance, floats, generator, pick, single

COORDINATES = ["half_pixel", "pytorch_half_pixel", "align_corners", "asymmetric", "tf_crop_and_resize", "half_pixel_symmetric"]
NEAREST = ["round_prefer_floor", "round_prefer_ceil", "floor", "ceil"]


def combinations():
    """Mode, coordinates, nearest mode, antialias; each twice, once by scales and once by sizes."""
    for by_sizes in (False, True):
        for coordinates in COORDINATES:
            for nearest in NEAREST:
                yield by_sizes, "nearest", coordinates, nearest, False
            for mode in ("linear", "cubic"):
                for antialias in (False, True):
                    yield by_sizes, mode, coordinates, None, antialias
                yield by_sizes, mode, coordinates, None, False
        for nearest in NEAREST:
            yield by_sizes, "nearest", "tf_half_pixel_for_nn", nearest, False


def region(rng, spatial):
    """Of tf_crop_and_resize: begin and end of each spatial dimension, a little outside at times."""
    return [float(v) for v in rng.uniform(-0.1, 0.4, spatial)], [float(v) for v in rng.uniform(0.6, 1.1, spatial)]


def cropped_sizes(shape, roi, scales):
    """What the operator's definition says of the output's size: floor(input * (end - begin) * scale)."""
    rank = len(shape)
    return np.asarray([int(np.floor(np.float32(d) * (roi[rank + i] - roi[i]) * scales[i])) for i, d in enumerate(shape)], np.int64)


def resize(index, by_sizes, mode, coordinates, nearest, antialias):
    name = f"resize_{index:03d}"
    rng = generator(name)
    rank = 4 if mode == "cubic" else pick(rng, [4, 4, 4, 2, 3, 5] if mode == "nearest" else [4, 4, 3, 5])
    crops = coordinates == "tf_crop_and_resize"
    spatial = 3 if rank == 5 else 1 if rank == 3 else 2
    shape = ([1] if rank > 2 else []) + [2] * (rank > 2) + [pick(rng, [3, 4, 6]) for _ in range(spatial)]
    opset = 19 if coordinates == "half_pixel_symmetric" else 11 if coordinates == "tf_half_pixel_for_nn" else 18 if antialias else pick(rng, [11, 13, 18, 19])
    grown = [pick(rng, [0.5, 0.6, 1.0, 1.7, 2.0, 2.5] if not crops else [1.3, 2.2, 2.7]) for _ in range(spatial)]
    if antialias and not crops and chance(rng, 0.6):
        grown = [pick(rng, [0.35, 0.5, 0.7]) for _ in range(spatial)]
    outer = len(shape) - spatial
    axes = None
    if opset >= 18 and outer and not crops and coordinates != "align_corners" and chance(rng, 0.4):
        axes = list(range(outer, rank)) if chance(rng) else list(range(-spatial, 0))
    scales = np.asarray(grown if axes else [1.0] * outer + grown, np.float32)
    resized = shape[outer:] if axes else shape
    sizes = np.asarray([max(1, int(d * g)) for d, g in zip(resized, scales)], np.int64)
    keep = pick(rng, ["not_larger", "not_smaller"]) if opset >= 18 and by_sizes and axes and chance(rng) else None
    roi = None
    if crops:
        begin, end = region(rng, spatial)
        roi = np.asarray([0.0] * outer + begin + [1.0] * outer + end, np.float32)
        # onnxruntime ignores the region along a dimension that keeps its size.
        if by_sizes:
            sizes[outer:] += sizes[outer:] == shape[outer:]
        else:
            while any(cropped_sizes(shape, roi, scales)[outer:] == shape[outer:]):
                scales[outer:] += 0.25
            sizes = cropped_sizes(shape, roi, scales)
    attributes = {"mode": mode, "coordinate_transformation_mode": coordinates, "nearest_mode": nearest, "antialias": 1 if antialias else None,
                  "keep_aspect_ratio_policy": keep, "extrapolation_value": 0.25 if crops and chance(rng) else None,
                  "cubic_coeff_a": -0.5 if mode == "cubic" and chance(rng) else None,
                  "exclude_outside": 1 if mode == "cubic" and not crops and chance(rng) else None}
    x = floats(rng, shape)
    none = np.zeros(0, np.float32) if opset == 11 else None

    def made(by_sizes, axes=axes):
        operands = {"x": x, "roi": none if roi is None else roi, "scales": none if by_sizes else scales, "sizes": sizes if by_sizes else None}
        return single("Resize", name, operands, {"y": FLOAT}, opset, [] if index % 4 == 3 else ["roi", "scales", "sizes"],
                      index % 4 != 3 and index % 3 == 1 and rank > 2 and axes is None and not by_sizes, axes=axes, **attributes)

    case = made(by_sizes)
    if crops and not by_sizes:
        case.deviates = "onnxruntime leaves the region out of the output's size; the answers are those for the size in the definition"
        equal = made(True)
        case.equal, case.equal_inputs = equal.model, equal.inputs
    if coordinates == "align_corners" and not by_sizes and any(abs(s * d - round(s * d)) > 1e-4 for s, d in zip(scales, resized)):
        case.deviates = "onnxruntime rounds the output's length down in align_corners; ONNX's own test (resize_downsample_scales_linear_align_corners) does not"
    if keep and axes[0] < 0:
        case.deviates = "onnxruntime keeps the input's size where it keeps the aspect ratio along axes counted from the end"
        case.equal = made(by_sizes, list(range(outer, rank))).model
    return case


def all_cases():
    return [resize(i, *chosen) for i, chosen in enumerate(combinations())]

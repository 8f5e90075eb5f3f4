# SPDX-License-Identifier: Apache-2.0
"""Operators that move elements: Pad, Slice, Gather, Scatter and their kin, with the odd arguments."""
import numpy as np

from cases.case import BOOL, FLOAT, INT32, INT64, UINT8, chance, floats, generator, integers, pick, single

INT64_MAX, INT64_MIN = np.iinfo(np.int64).max, np.iinfo(np.int64).min
TYPES = {np.float32: FLOAT, np.int64: INT64, np.int32: INT32, np.uint8: UINT8, np.bool_: BOOL}


def shape_of(rng, low=1, high=4):
    return [pick(rng, [1, 2, 3, 4, 5]) for _ in range(int(rng.integers(low, high + 1)))]


def data(rng, shape, types=(np.float32, np.float32, np.int64, np.int32)):
    dtype = pick(rng, types)
    return floats(rng, shape) if dtype == np.float32 else integers(rng, shape, dtype, -9, 10)


def type_of(array):
    return TYPES[array.dtype.type]


def arguments(rng, *names):
    """Which of an operator's arguments are initialisers: all or none."""
    return list(names) if chance(rng, 0.7) else []


def pad(index):
    name = f"pad_{index:03d}"
    rng = generator(name)
    mode = ["constant", "edge", "reflect", "wrap"][index % 4]
    shape = [d + 2 for d in shape_of(rng)]
    x = data(rng, shape)
    axes = None
    opset = 19 if mode == "wrap" else pick(rng, [11, 13, 18, 19])
    if opset >= 18 and chance(rng):
        axes = np.asarray(rng.permutation(len(shape))[:int(rng.integers(1, len(shape) + 1))] - (len(shape) if chance(rng) else 0), np.int64)
    count = len(shape) if axes is None else len(axes)
    low, high = (-1, 3) if index % 8 < 4 and mode in ("constant", "edge") else (0, 3)
    value = np.asarray(3, x.dtype) if mode == "constant" and chance(rng) else None
    operands = {"x": x, "pads": rng.integers(low, high, 2 * count), "value": value, "axes": axes}
    return single("Pad", name, operands, {"y": type_of(x)}, opset, arguments(rng, "pads", "value", "axes"), mode == "constant" and low == 0 and chance(rng), mode=mode)


def slices(index):
    name = f"slice_{index:03d}"
    rng = generator(name)
    shape = shape_of(rng)
    x = data(rng, shape)
    axes = rng.permutation(len(shape))[:int(rng.integers(1, len(shape) + 1))]
    starts, ends, steps = [], [], []
    for axis in axes:
        d = shape[axis]
        step = pick(rng, [1, 1, 2, 3, -1, -2, INT64_MAX, -INT64_MAX] if index % 4 == 3 else [1, 2, -1, -2])
        starts.append(pick(rng, [0, 1, -d, -1, -d - 3, d + 2]) if step > 0 else pick(rng, [d - 1, -1, d + 5, INT64_MAX]))
        ends.append(pick(rng, [d, d + 4, INT64_MAX, d, -1]) if step > 0 else pick(rng, [-d - 1, -d - 7, INT64_MIN + 1, 0]))
        steps.append(step)
    whole = len(axes) == len(shape) and list(axes) == sorted(axes)
    dtype = np.int64 if INT64_MAX in [abs(v) for v in starts + ends + steps] or min(ends) < -2 ** 31 else pick(rng, [np.int64, np.int32])
    operands = {"x": x, "starts": np.asarray(starts, dtype), "ends": np.asarray(ends, dtype),
                "axes": None if whole and chance(rng) else np.asarray(axes - (len(shape) if chance(rng, 0.4) else 0), dtype),
                "steps": None if set(steps) == {1} else np.asarray(steps, dtype)}
    return single("Slice", name, operands, {"y": type_of(x)}, 13, arguments(rng, "starts", "ends", "axes", "steps"), index % 3 == 1)


def gather(index):
    name = f"gather_{index:03d}"
    rng = generator(name)
    shape = shape_of(rng)
    x = data(rng, shape)
    kind = index % 3
    dtype = pick(rng, [np.int64, np.int32])
    axis = int(rng.integers(-len(shape), len(shape)))
    d = shape[axis]
    if kind == 0:
        indices = integers(rng, shape_of(rng, 0, 2), dtype, -d, d)
        return single("Gather", name, {"x": x, "indices": indices}, {"y": type_of(x)}, 13, arguments(rng, "indices"), index % 4 == 1 and axis % len(shape) > 0,
                      axis=axis if axis else None)
    if kind == 1:
        taken = [int(rng.integers(1, e + 1)) for e in shape]
        taken[axis] = pick(rng, [1, d, d + 3])
        return single("GatherElements", name, {"x": x, "indices": integers(rng, taken, dtype, -d, d)}, {"y": type_of(x)}, 13, arguments(rng, "indices"),
                      False, axis=axis)
    batch = pick(rng, [0, 1]) if len(shape) > 1 else 0
    depth = int(rng.integers(1, len(shape) - batch + 1))
    lead = shape[:batch] + [pick(rng, [1, 2, 3])]
    parts = [rng.integers(-e, e, lead) for e in shape[batch:batch + depth]]
    return single("GatherND", name, {"x": x, "indices": np.stack(parts, -1)}, {"y": type_of(x)}, 13, arguments(rng, "indices"), False,
                  batch_dims=batch or None)


def scatter(index):
    name = f"scatter_{index:03d}"
    rng = generator(name)
    shape = shape_of(rng)
    reduction = [None, "none", "add", "mul", "max", "min"][index // 2 % 6]
    x = data(rng, shape)
    opset = 18 if reduction in ("max", "min") else 16
    if index % 2:
        axis = int(rng.integers(-len(shape), len(shape)))
        taken = [int(rng.integers(1, d + 1)) for d in shape]
        # Without a reduction, an element that is written twice has no defined value.
        order = np.argsort(rng.random(shape), axis=axis)[tuple(slice(0, t) for t in taken)]
        indices = order if reduction in (None, "none") else rng.integers(-shape[axis], shape[axis], taken)
        operands = {"x": x, "indices": indices.astype(np.int64), "updates": floats(rng, taken) if x.dtype == np.float32 else integers(rng, taken, x.dtype, -4, 5)}
        return single("ScatterElements", name, operands, {"y": type_of(x)}, opset, arguments(rng, "indices"), False, axis=axis, reduction=reduction)
    depth = int(rng.integers(1, len(shape) + 1))
    places = np.stack(np.unravel_index(rng.permutation(int(np.prod(shape[:depth])))[:3], shape[:depth]), -1)
    if reduction not in (None, "none") and chance(rng):
        places = places[rng.integers(0, len(places), 4)]
    places = places - (np.asarray(shape[:depth]) if chance(rng, 0.3) else 0)
    taken = [len(places)] + shape[depth:]
    operands = {"x": x, "indices": places.astype(np.int64), "updates": floats(rng, taken) if x.dtype == np.float32 else integers(rng, taken, x.dtype, -4, 5)}
    return single("ScatterND", name, operands, {"y": type_of(x)}, opset, arguments(rng, "indices"), False, reduction=reduction)


def top_k(index):
    name = f"top_k_{index:03d}"
    rng = generator(name)
    shape = shape_of(rng)
    axis = int(rng.integers(-len(shape), len(shape)))
    x = integers(rng, shape, np.int64, 0, 3) if index % 4 == 3 else floats(rng, shape)  # integers: ties
    k = np.asarray([int(rng.integers(0 if chance(rng, 0.1) else 1, shape[axis] + 1))], np.int64)
    return single("TopK", name, {"x": x, "k": k}, {"values": type_of(x), "indices": INT64}, 11, arguments(rng, "k"), index % 3 == 1 and axis % len(shape) > 0, axis=axis,
                  largest=pick(rng, [None, 0, 1]))


def all_cases():
    makers = [(pad, 40), (slices, 40), (gather, 36), (scatter, 36), (top_k, 20)]
    return [make(i) for make, count in makers for i in range(count)]

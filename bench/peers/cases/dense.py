# SPDX-License-Identifier: Apache-2.0
"""Einsum, running sums, reductions and normalisations."""
import numpy as np

from cases.case import FLOAT, INT32, INT64, chance, floats, generator, integers, pick, single

EQUATIONS = ["ij,jk->ik", "ij,jk", "bij,bjk->bik", "bhqd,bhkd->bhqk", "bhqk,bhkd->bhqd", "i,j->ij", "ii->i", "ii", "ij->ji", "ij->", "ij->j", "bij->bj",
             "...ij,...jk->...ik", "...ij->...ji", "b...i,ij->b...j", "...,...->...", "bij,bij->b", "bij,ij->bi", "ijk,kl->ijl", "ij,jk,kl->il", "ij, kj -> ik",
             "bqhd,bkhd->bhqk", "iij->j", "a,a->", "nchw,oc->nohw", "bid,bjd->bij", "i,i,i->i", "abc,cd,def->abef"]
REDUCTIONS = ["ReduceSum", "ReduceMean", "ReduceMax", "ReduceMin", "ReduceProd", "ReduceL1", "ReduceL2", "ReduceLogSum", "ReduceLogSumExp", "ReduceSumSquare"]
TYPES = {np.float32: FLOAT, np.int64: INT64, np.int32: INT32}


def einsum(index):
    name = f"einsum_{index:03d}"
    rng = generator(name)
    equation = EQUATIONS[index % len(EQUATIONS)]
    sizes = {letter: pick(rng, [1, 2, 3, 4]) for letter in "abcdefhijklmnoqw"}
    ellipsis = [pick(rng, [2, 3]) for _ in range(pick(rng, [0, 1, 2]))]
    operands = {}
    for i, term in enumerate(equation.split("->")[0].replace(" ", "").split(",")):
        shape = []
        while term:
            shape, term = (shape + ellipsis, term[3:]) if term.startswith("...") else (shape + [sizes[term[0]]], term[1:])
        operands[f"x{i}"] = floats(rng, shape)
    return single("Einsum", name, operands, {"y": FLOAT}, 12, ["x1"] if "x1" in operands and chance(rng, 0.4) else [], False, equation=equation)


def cum_sum(index):
    name = f"cum_sum_{index:03d}"
    rng = generator(name)
    shape = [pick(rng, [1, 2, 3, 5]) for _ in range(pick(rng, [1, 2, 3, 4]))]
    x = floats(rng, shape) if chance(rng, 0.7) else integers(rng, shape, np.int64, -9, 10)
    axis = np.asarray(rng.integers(-len(shape), len(shape)), pick(rng, [np.int32, np.int64]))
    return single("CumSum", name, {"x": x, "axis": axis if chance(rng, 0.7) else axis.reshape(())}, {"y": TYPES[x.dtype.type]}, 14,
                  ["axis"] if chance(rng, 0.7) else [], index % 3 == 1, exclusive=pick(rng, [None, 1]), reverse=pick(rng, [None, 1]))


def reduction(index):
    name = f"reduction_{index:03d}"
    rng = generator(name)
    operator = REDUCTIONS[index % len(REDUCTIONS)]
    shape = [pick(rng, [1, 2, 3, 4]) for _ in range(pick(rng, [1, 2, 3, 4]))]
    x = floats(rng, shape, 0.1, 2.0) if chance(rng, 0.8) or "Log" in operator or "L2" in operator else integers(rng, shape, np.int32, -9, 10)
    axes = rng.permutation(len(shape))[:int(rng.integers(1, len(shape) + 1))] - (len(shape) if chance(rng) else 0)
    kind = index // len(REDUCTIONS) % 4  # an attribute; an input; none; none means none
    keep = pick(rng, [None, 0, 1])
    if kind == 0:
        opset = 11 if operator == "ReduceSum" else 13
        return single(operator, name, {"x": x}, {"y": TYPES[x.dtype.type]}, opset, (), index % 3 == 1, "ReduceX", axes=[int(a) for a in axes], keepdims=keep)
    operands = {"x": x, "axes": axes.astype(np.int64) if kind == 1 else np.zeros(0, np.int64) if kind == 3 else None}
    return single(operator, name, operands, {"y": TYPES[x.dtype.type]}, 18, ["axes"] if chance(rng, 0.7) else [], index % 3 == 1, "ReduceX", keepdims=keep,
                  noop_with_empty_axes=1 if kind == 3 and chance(rng) else None)


def layer_normalization(index):
    name = f"layer_normalization_{index:03d}"
    rng = generator(name)
    shape = [pick(rng, [1, 2, 3, 5, 8]) for _ in range(pick(rng, [2, 3, 4]))]
    axis = int(rng.integers(-len(shape), len(shape)))
    inner = shape[axis:]
    operands = {"x": floats(rng, shape, -2, 3), "scale": floats(rng, inner), "bias": floats(rng, inner) if chance(rng) else None}
    outputs = {"y": FLOAT} if chance(rng) else {"y": FLOAT, "mean": FLOAT, "inv": FLOAT} if chance(rng) else {"y": FLOAT, "mean": None, "inv": FLOAT}
    return single("LayerNormalization", name, operands, outputs, 17, ["scale", "bias"] if chance(rng, 0.7) else [], index % 3 == 1 and axis % len(shape) > 0, axis=axis,
                  epsilon=pick(rng, [None, 0.01]))


def group_normalization(index):
    name = f"group_normalization_{index:03d}"
    rng = generator(name)
    groups = pick(rng, [1, 2, 3])
    channels = groups * pick(rng, [1, 2, 4])
    opset = 21 if index % 2 else 18
    count = channels if opset == 21 else groups
    shape = [pick(rng, [1, 2]), channels] + [pick(rng, [1, 2, 3]) for _ in range(pick(rng, [1, 2, 2, 3]))]
    operands = {"x": floats(rng, shape, -2, 3), "scale": floats(rng, [count]), "bias": floats(rng, [count])}
    return single("GroupNormalization", name, operands, {"y": FLOAT}, opset, ["scale", "bias"] if index % 4 < 2 else [], index % 3 == 1, num_groups=groups,
                  epsilon=pick(rng, [None, 0.01]))


def all_cases():
    makers = [(einsum, 2 * len(EQUATIONS)), (cum_sum, 20), (reduction, 8 * len(REDUCTIONS)), (layer_normalization, 24), (group_normalization, 16)]
    return [make(i) for make, count in makers for i in range(count)]

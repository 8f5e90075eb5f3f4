# SPDX-License-Identifier: Apache-2.0
"""LSTM, GRU and RNN: every attribute, any subset of inputs and outputs."""
import copy

import numpy as np
from onnx import helper

from cases.case import FLOAT, Case, chance, floats, generator, model_of, pick

GATES = {"LSTM": 4, "GRU": 3, "RNN": 1}
FUNCTIONS = {"LSTM": 3, "GRU": 2, "RNN": 1}  # activations of one direction
# Activation: least and largest alpha, least and largest beta; None where it takes none.
ACTIVATIONS = {"Relu": (None, None), "Tanh": (None, None), "Sigmoid": (None, None), "Affine": ((0.5, 1.2), (-0.3, 0.3)),
               "LeakyRelu": ((0.01, 0.4), None), "ThresholdedRelu": ((0.1, 0.6), None), "ScaledTanh": ((0.5, 1.5), (0.3, 1.1)),
               "HardSigmoid": ((0.1, 0.4), (0.3, 0.6)), "Elu": ((0.5, 1.5), None), "Softsign": (None, None), "Softplus": (None, None)}
COUNTS = {"LSTM": 110, "GRU": 80, "RNN": 60}


def activations(rng, count, index):
    """Attributes for `count` activations; the index makes sure that each function has its turn."""
    names = [list(ACTIVATIONS)[(index + 4 * k) % len(ACTIVATIONS)] if k == 0 or chance(rng) else pick(rng, ["Sigmoid", "Tanh"]) for k in range(count)]
    alpha = [float(rng.uniform(*ACTIVATIONS[n][0])) for n in names if ACTIVATIONS[n][0]]
    beta = [float(rng.uniform(*ACTIVATIONS[n][1])) for n in names if ACTIVATIONS[n][1]]
    return {"activations": names, "activation_alpha": alpha or None, "activation_beta": beta or None}


def with_layout_0(model):
    """An equal network whose node has layout 0, between transpositions: onnxruntime takes no other."""
    equal = copy.deepcopy(model)
    node = equal.graph.node[0]
    for attribute in [a for a in node.attribute if a.name == "layout"]:
        node.attribute.remove(attribute)
    before, after = [], []
    for i, name in enumerate(node.input):
        if name and (i == 0 or i in (5, 6)):
            before.append(helper.make_node("Transpose", [name], [name + "_t"], perm=[1, 0, 2]))
            node.input[i] = name + "_t"
    for i, name in enumerate(node.output):
        if name:
            node.output[i] = name + "_t"
            after.append(helper.make_node("Transpose", [name + "_t"], [name], perm=[2, 0, 1, 3] if i == 0 else [1, 0, 2]))
    nodes = before + [copy.deepcopy(node)] + after
    del equal.graph.node[:]
    equal.graph.node.extend(nodes)
    return equal


def recurrent(operator, index):
    name = f"{operator.lower()}_{index:03d}"
    rng = generator(name)
    direction = ("forward", "reverse", "bidirectional")[index % 3]
    directions = 2 if direction == "bidirectional" else 1
    sequence, batch = pick(rng, [1, 3, 5]), pick(rng, [1, 2, 3])
    size, hidden = pick(rng, [1, 3, 4]), pick(rng, [1, 2, 5, 8])
    gates = GATES[operator]
    layout = 1 if index % 5 == 4 else 0
    swap = (lambda a: np.ascontiguousarray(np.swapaxes(a, 0, 1))) if layout else (lambda a: a)
    operands = {"X": swap(floats(rng, (sequence, batch, size))), "W": floats(rng, (directions, gates * hidden, size)),
                "R": floats(rng, (directions, gates * hidden, hidden)),
                "B": floats(rng, (directions, 2 * gates * hidden)) if chance(rng, 0.6) else None,
                "sequence_lens": rng.integers(1, sequence + 1, batch).astype(np.int32) if chance(rng, 0.4) else None,
                "initial_h": swap(floats(rng, (directions, batch, hidden))) if chance(rng) else None}
    attributes = {"hidden_size": hidden, "direction": None if direction == "forward" and chance(rng) else direction,
                  "layout": layout or None, "clip": float(rng.uniform(0.2, 1.0)) if chance(rng, 0.35) else None}
    if operator == "LSTM":
        operands["initial_c"] = swap(floats(rng, (directions, batch, hidden))) if chance(rng) else None
        operands["P"] = floats(rng, (directions, 3 * hidden)) if chance(rng, 0.4) else None
        attributes["input_forget"] = 1 if chance(rng, 0.25) else None
    if operator == "GRU":
        attributes["linear_before_reset"] = pick(rng, [None, 0, 1])
    if index % 2:
        attributes |= activations(rng, FUNCTIONS[operator] * directions, index // 2)
    outputs = ["Y", "Y_h", "Y_c"] if operator == "LSTM" else ["Y", "Y_h"]
    kept = [o for o in outputs if chance(rng, 0.6)] or [pick(rng, outputs)]
    names = ["" if a is None else n for n, a in operands.items()]
    while not names[-1]:
        names.pop()
    listed = [o if o in kept else "" for o in outputs]
    while not listed[-1]:
        listed.pop()
    node = helper.make_node(operator, names, listed, **{k: v for k, v in attributes.items() if v is not None})
    constants = {"W", "R", "B", "P"} if index % 4 else set()
    given = {n: a for n, a in operands.items() if a is not None}
    inputs = {n: a for n, a in given.items() if n not in constants}
    time, batches = (1, 0) if layout else (0, 1)
    open_dims = {"X": {time: "time", batches: "batch"}, "sequence_lens": {0: "batch"}, "initial_h": {batches: "batch"},
                 "initial_c": {batches: "batch"}} if index % 3 == 1 else None
    model = model_of([node], inputs, {o: FLOAT for o in kept}, {n: a for n, a in given.items() if n in constants}, 14, open_dims)
    return Case(operator, name, model, inputs, equal=with_layout_0(model) if layout else None)


def all_cases():
    return [recurrent(operator, i) for operator, count in COUNTS.items() for i in range(count)]

# SPDX-License-Identifier: Apache-2.0
"""Control flow that captures values, and shape arithmetic where some dimensions are known and others are not.
Networks in ONNX's text form."""
import numpy as np
import onnx.parser

from cases.case import Case, floats, generator

HEAD = '<ir_version: 8, opset_import: ["" : 17]>\n'

# Text, and the inputs' shapes: bool and a number stand for scalars. `float[]` has any rank, `float` has none.
CONTROL = {
    "if_captures": ("""case (float[2,3] x, bool c) => (float[] y) {
        k = Constant<value = float[1] {2.0}>()  s = Add(x, x)
        y = If(c)<then_branch = t () => (float[] a) { a = Mul(s, k) }, else_branch = e () => (float[] b) { q = Neg(s)  b = Sub(q, x) }> }""", {"x": [2, 3], "c": bool}),
    "if_shapes_differ": ("""case (float[2,3] x, bool c) => (float[] y) {
        y = If(c)<then_branch = t () => (float[] a) { a = Transpose<perm = [1, 0]>(x) }, else_branch = e () => (float[] b) { b = Concat<axis = 0>(x, x) }> }""", {"x": [2, 3], "c": bool}),
    "if_nested": ("""case (float[2,3] x, bool c, bool d) => (float[] y) {
        y = If(c)<then_branch = t () => (float[] a) {
            m = Exp(x)  a = If(d)<then_branch = tt () => (float[] aa) { aa = Add(m, x) }, else_branch = te () => (float[] ab) { ab = Neg(m) }> },
          else_branch = e () => (float[] b) { b = If(d)<then_branch = et () => (float[] ba) { ba = Identity(x) }, else_branch = ee () => (float[] bb) { bb = Abs(x) }> }> }""",
                  {"x": [2, 3], "c": bool, "d": bool}),
    "if_two_outputs": ("""case (float[2,3] x, bool c) => (float[] y, float[] z) {
        y, z = If(c)<then_branch = t () => (float[] a, float[] b) { a = Abs(x)  b = Neg(x) }, else_branch = e () => (float[] f, float[] g) { f = Neg(x)  g = Identity(x) }> }""",
                       {"x": [2, 3], "c": bool}),
    "if_on_data": ("""case (float[2,3] x) => (float[] y) {
        zero = Constant<value = float {0.0}>()  s = ReduceSum<keepdims = 0>(x)  c = Greater(s, zero)
        y = If(c)<then_branch = t () => (float[] a) { a = Add(x, s) }, else_branch = e () => (float[] b) { b = Sub(x, s) }> }""", {"x": [2, 3]}),
    "if_on_shape": ("""case (float[B,3] x) => (float[] y) {
        one = Constant<value = int64[1] {1}>()  sh = Shape<start = 0, end = 1>(x)  e0 = Greater(sh, one)  c = Squeeze(e0)
        y = If(c)<then_branch = t () => (float[] a) { a = Mul(x, x) }, else_branch = e () => (float[] b) { b = Identity(x) }> }""", {"x": [2, 3]}),
    "loop_counts": ("""case (float[3] x, int64 n) => (float[] y) {
        yes = Constant<value = bool {1}>()
        y = Loop(n, yes, x)<body = b (int64 i, bool ci, float[] v) => (bool co, float[] w) { co = Identity(ci)  w = Add(v, x) }> }""", {"x": [3], "n": 4}),
    "loop_stacks": ("""case (float[3] x, int64 n) => (float[] y, float[] z) {
        yes = Constant<value = bool {1}>()
        y, z = Loop(n, yes, x)<body = b (int64 i, bool ci, float[] v) => (bool co, float[] w, float[] s) {
            co = Identity(ci)  f = Cast<to = 1>(i)  w = Add(v, f)  s = Mul(w, x) }> }""", {"x": [3], "n": 5}),
    "loop_zero_trips": ("""case (float[3] x, int64 n) => (float[] y, float[K,3] z) {
        yes = Constant<value = bool {1}>()
        y, z = Loop(n, yes, x)<body = b (int64 i, bool ci, float[3] v) => (bool co, float[3] w, float[3] s) { co = Identity(ci)  w = Neg(v)  s = Exp(v) }> }""",
                        {"x": [3], "n": 0}),
    "loop_while": ("""case (float[3] x) => (float[] y, int64 k) {
        yes = Constant<value = bool {1}>()  zero = Constant<value = int64 {0}>()
        y, k = Loop("", yes, x, zero)<body = b (int64 i, bool ci, float[] v, int64 c) => (bool co, float[] w, int64 d) {
            w = Add(v, v)  a = Abs(w)  m = ReduceSum<keepdims = 0>(a)  ten = Constant<value = float {10.0}>()  co = Less(m, ten)
            one = Constant<value = int64 {1}>()  d = Add(c, one) }> }""", {"x": [3]}),
    "loop_grows": ("""case (float[1,2] x, int64 n) => (float[] y) {
        yes = Constant<value = bool {1}>()
        y = Loop(n, yes, x)<body = b (int64 i, bool ci, float[R,2] v) => (bool co, float[S,2] w) { co = Identity(ci)  w = Concat<axis = 0>(v, x) }> }""",
                   {"x": [1, 2], "n": 4}),
    "loop_in_loop": ("""case (float[2] x, int64 n) => (float[] y) {
        yes = Constant<value = bool {1}>()
        y = Loop(n, yes, x)<body = b (int64 i, bool ci, float[] v) => (bool co, float[] w) {
            co = Identity(ci)
            w = Loop(i, ci, v)<body = bb (int64 j, bool cj, float[] p) => (bool cq, float[] q) { cq = Identity(cj)  q0 = Add(p, x)  f = Cast<to = 1>(i)  q = Mul(q0, f) }> }> }""",
                     {"x": [2], "n": 4}),
    "if_in_loop": ("""case (float[2] x, int64 n) => (float[] y) {
        yes = Constant<value = bool {1}>()  two = Constant<value = int64 {2}>()
        y = Loop(n, yes, x)<body = b (int64 i, bool ci, float[] v) => (bool co, float[] w) {
            co = Identity(ci)  r = Mod(i, two)  zero = Constant<value = int64 {0}>()  even = Equal(r, zero)
            w = If(even)<then_branch = t () => (float[] a) { a = Add(v, x) }, else_branch = e () => (float[] c) { c = Mul(v, x) }> }> }""", {"x": [2], "n": 5}),
    "scan_sums": ("""case (float[2] x, float[4,2] s) => (float[] y, float[] z) {
        y, z = Scan<num_scan_inputs = 1, body = b (float[2] v, float[2] e) => (float[2] w, float[2] o) { w = Add(v, e)  o = Mul(w, x) }>(x, s) }""", {"x": [2], "s": [4, 2]}),
    "scan_reversed": ("""case (float[2] x, float[4,2] s) => (float[] y, float[] z) {
        y, z = Scan<num_scan_inputs = 1, scan_input_directions = [1], scan_output_directions = [1],
            body = b (float[2] v, float[2] e) => (float[2] w, float[2] o) { w = Sub(e, v)  o = Identity(w) }>(x, s) }""", {"x": [2], "s": [4, 2]}),
    "scan_axes": ("""case (float[2] x, float[2,4] s, float[4,2] r) => (float[] y, float[] z) {
        y, z = Scan<num_scan_inputs = 2, scan_input_axes = [1, 0], scan_output_axes = [1],
            body = b (float[2] v, float[2] e, float[2] f) => (float[2] w, float[2] o) { t = Add(e, f)  w = Add(v, t)  o = Neg(w) }>(x, s, r) }""",
                  {"x": [2], "s": [2, 4], "r": [4, 2]}),
}
SHAPES = {
    "reshape_flat": ("case (float[B,3,4] x) => (float[] y) { s = Shape(x)  i = Constant<value = int64 {0}>()  b = Gather<axis = 0>(s, i)  a = Constant<value = int64[1] {0}>()  u = Unsqueeze(b, a)  m = Constant<value = int64[1] {-1}>()  t = Concat<axis = 0>(u, m)  y = Reshape(x, t) }", {"x": [2, 3, 4]}),
    "view_heads": ("case (float[B,T,8] x) => (float[] y) { s = Shape(x)  h = Constant<value = int64[2] {2, 4}>()  z = Constant<value = int64[1] {0}>()  two = Constant<value = int64[1] {2}>()  f = Slice(s, z, two)  t = Concat<axis = 0>(f, h)  r = Reshape(x, t)  y = Transpose<perm = [0, 2, 1, 3]>(r) }", {"x": [2, 3, 8]}),
    "expand_mask": ("case (float[B,T] x) => (float[] y) { s = Shape(x)  one = Constant<value = int64[1] {1}>()  l = Constant<value = int64 {1}>()  t = Gather<axis = 0>(s, l)  z = Constant<value = int64 {0}>()  r = Range(z, t, l)  c = Cast<to = 1>(r)  e = Expand(c, s)  y = Mul(e, x) }", {"x": [2, 5]}),
    "zeros_like": ("case (float[B,T,2] x) => (float[] y) { s = Shape<start = 0, end = 2>(x)  c = ConstantOfShape<value = float[1] {1.5}>(s)  a = Constant<value = int64[1] {2}>()  u = Unsqueeze(c, a)  y = Add(x, u) }", {"x": [2, 3, 2]}),
    "half_slice": ("case (float[B,C,4] x) => (float[] y) { s = Shape(x)  one = Constant<value = int64[1] {1}>()  c = Gather<axis = 0>(s, one)  two = Constant<value = int64[1] {2}>()  h = Div(c, two)  z = Constant<value = int64[1] {0}>()  y = Slice(x, z, h, one) }", {"x": [2, 6, 4]}),
    "minus_one_by_where": ("case (float[B,6] x) => (float[] y) { t = Constant<value = int64[3] {-1, 2, 3}>()  m = Constant<value = int64[1] {-1}>()  q = Equal(t, m)  s = Shape(x)  z = Constant<value = int64 {0}>()  b = Gather<axis = 0>(s, z)  w = Where(q, b, t)  y = Reshape(x, w) }", {"x": [2, 6]}),
    "non_zero_ones": ("case (float[2,3] x) => (float[] y) { s = Shape(x)  c = ConstantOfShape<value = int64[1] {1}>(s)  n = NonZero(c)  t = Transpose<perm = [1, 0]>(n)  y = GatherND(x, t) }", {"x": [2, 3]}),
    "resize_by_shape": ("case (float[B,2,H,W] x) => (float[] y) { s = Shape(x)  a = Constant<value = int64[1] {2}>()  e = Constant<value = int64[1] {4}>()  z = Constant<value = int64[1] {0}>()  hw = Slice(s, a, e)  big = Mul(hw, a)  nc = Slice(s, z, a)  t = Concat<axis = 0>(nc, big)  y = Resize<mode = \"nearest\", coordinate_transformation_mode = \"asymmetric\", nearest_mode = \"floor\">(x, , , t) }", {"x": [1, 2, 3, 2]}),
    "pad_to_even": ("case (float[1,T] x) => (float[] y) { s = Shape<start = 1, end = 2>(x)  two = Constant<value = int64[1] {2}>()  r = Mod(s, two)  z = Constant<value = int64[3] {0, 0, 0}>()  p = Concat<axis = 0>(z, r)  y = Pad(x, p) }", {"x": [1, 5]}),
    "tile_by_shape": ("case (float[1,3] x, float[B,2] r) => (float[] y) { s = Shape<start = 0, end = 1>(r)  one = Constant<value = int64[1] {1}>()  t = Concat<axis = 0>(s, one)  g = Tile(x, t)  y = Concat<axis = 1>(g, r) }", {"x": [1, 3], "r": [3, 2]}),
    "size_and_reduce": ("case (float[B,3] x) => (float[] y) { n = Size(x)  f = Cast<to = 1>(n)  s = ReduceSum<keepdims = 0>(x)  y = Div(s, f) }", {"x": [4, 3]}),
    "split_by_shape": ("case (float[B,6] x) => (float[] y, float[] z) { s = Shape<start = 1>(x)  two = Constant<value = int64[1] {2}>()  h = Sub(s, two)  p = Concat<axis = 0>(two, h)  y, z = Split<axis = 1>(x, p) }", {"x": [2, 6]}),
}


def values(rng, wanted):
    if wanted is bool:
        return np.asarray(rng.random() < 0.5)
    return np.asarray(wanted, np.int64) if isinstance(wanted, int) else floats(rng, wanted)


def from_text(row, name, text, inputs):
    rng = generator(name)
    given = {n: values(rng, wanted) for n, wanted in inputs.items()}
    return Case(row, name, onnx.parser.parse_model(HEAD + text), given)


def all_cases():
    cases = []
    for row, texts in (("If, Loop, Scan", CONTROL), ("shape arithmetic", SHAPES)):
        for key, (text, inputs) in texts.items():
            cases += [from_text(row, f"{key}_{i}", text, inputs) for i in range(3 if bool in inputs.values() else 1 if row.startswith("shape") else 2)]
    return cases

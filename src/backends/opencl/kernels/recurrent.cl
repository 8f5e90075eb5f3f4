// SPDX-License-Identifier: Apache-2.0
// One step of LSTM, GRU and RNN. The inputs of all steps were multiplied before (`sums`, float32: [direction][row of X]
// [gate][unit]); a step is one or two launches, in order, and the host waits for none. A work-group of SPLIT work-items
// computes one unit of one sequence: dimension 1 are the units, 2 direction * batch + sequence. States are float32.
float sigmoid(float x) { return 1.0f / (1.0f + exp(-x)); }

// The sums of GATES products of the state's row with rows of `weights`, [gate][unit][k].
void products(const __global float* state, const __global element* weights, int unit, int units, float* result, int gates,
              __local float* room) {
  const int lane = get_local_id(0);
  float4 sum[4];
  for (int g = 0; g < gates; ++g) sum[g] = (float4)(0.0f);
  for (int k = lane * 4; k < units; k += SPLIT * 4) {
    const int n = units - k;
    const float4 h = n >= 4 ? vload4(0, state + k) : (float4)(state[k], n > 1 ? state[k + 1] : 0.0f, n > 2 ? state[k + 2] : 0.0f, 0.0f);
    for (int g = 0; g < gates; ++g) sum[g] = mad(h, load_part(weights, (g * units + unit) * units + k, n), sum[g]);
  }
  for (int g = 0; g < gates; ++g) {
    barrier(CLK_LOCAL_MEM_FENCE);
    room[lane] = sum[g].s0 + sum[g].s1 + (sum[g].s2 + sum[g].s3);
    for (int step = SPLIT / 2; step > 0; step /= 2) {
      barrier(CLK_LOCAL_MEM_FENCE);
      if (lane < step) room[lane] += room[lane + step];
    }
    barrier(CLK_LOCAL_MEM_FENCE);
    result[g] = room[0];
  }
}

// Where things lie. sizes: units, batch, steps, directions. order: the step, whether X and Y are batch first, whether
// direction 0 runs from the last step to the first, whether there is an output Y.
typedef struct {
  int unit, direction, sequence, time, input_row, output_row, state;
} Place;

Place place(int4 sizes, int4 order) {
  Place at;
  at.unit = get_global_id(1);
  at.direction = get_global_id(2) / sizes.y;
  at.sequence = get_global_id(2) % sizes.y;
  const bool reversed = at.direction == 1 || order.z != 0;
  at.time = reversed ? sizes.z - 1 - order.x : order.x;
  at.input_row = order.y ? at.sequence * sizes.z + at.time : at.time * sizes.y + at.sequence;
  at.output_row = order.y ? (at.sequence * sizes.z + at.time) * sizes.w + at.direction
                          : (at.time * sizes.w + at.direction) * sizes.y + at.sequence;
  at.state = get_global_id(2) * sizes.x;
  return at;
}

#ifdef LSTM

__kernel __attribute__((reqd_work_group_size(SPLIT, 1, 1)))
void lstm_step(const __global float* sums, const __global element* weights, const __global float* hidden,
               __global float* next_hidden, __global float* cell, __global element* output, int4 sizes, int4 order) {
  __local float room[SPLIT];
  const Place at = place(sizes, order);
  const int units = sizes.x, rows = sizes.y * sizes.z;
  float r[4];
  products(hidden + at.state, weights + at.direction * 4 * units * units, at.unit, units, r, 4, room);
  if (get_local_id(0) != 0) return;
  const __global float* x = sums + (at.direction * rows + at.input_row) * 4 * units + at.unit;  // gates i o f c
  const float in = sigmoid(x[0] + r[0]), out = sigmoid(x[units] + r[1]), forget = sigmoid(x[2 * units] + r[2]);
  const float c = forget * cell[at.state + at.unit] + in * tanh(x[3 * units] + r[3]);
  const float h = out * tanh(c);
  cell[at.state + at.unit] = c;
  next_hidden[at.state + at.unit] = h;
  if (order.w) STORE(h, output, at.output_row * units + at.unit);
}

#elif defined(GRU)

// Gates z r h. `state_bias`, [direction][unit]: the recurrence's own of the candidate, with LINEAR_BEFORE_RESET.
#ifdef LINEAR_BEFORE_RESET

__kernel __attribute__((reqd_work_group_size(SPLIT, 1, 1)))
void gru_step(const __global float* sums, const __global element* weights, const __global float* state_bias,
              const __global float* hidden, __global float* next_hidden, __global element* output, int4 sizes, int4 order) {
  __local float room[SPLIT];
  const Place at = place(sizes, order);
  const int units = sizes.x, rows = sizes.y * sizes.z;
  float r[3];
  products(hidden + at.state, weights + at.direction * 3 * units * units, at.unit, units, r, 3, room);
  if (get_local_id(0) != 0) return;
  const __global float* x = sums + (at.direction * rows + at.input_row) * 3 * units + at.unit;
  const float update = sigmoid(x[0] + r[0]), reset = sigmoid(x[units] + r[1]);
  const float candidate = tanh(x[2 * units] + reset * (r[2] + state_bias[at.direction * units + at.unit]));
  const float h = (1.0f - update) * candidate + update * hidden[at.state + at.unit];
  next_hidden[at.state + at.unit] = h;
  if (order.w) STORE(h, output, at.output_row * units + at.unit);
}

#else

__kernel __attribute__((reqd_work_group_size(SPLIT, 1, 1)))
void gru_gates(const __global float* sums, const __global element* weights, const __global float* hidden,
               __global float* reset_hidden, __global float* update, int4 sizes, int4 order) {
  __local float room[SPLIT];
  const Place at = place(sizes, order);
  const int units = sizes.x, rows = sizes.y * sizes.z;
  float r[2];
  products(hidden + at.state, weights + at.direction * 3 * units * units, at.unit, units, r, 2, room);
  if (get_local_id(0) != 0) return;
  const __global float* x = sums + (at.direction * rows + at.input_row) * 3 * units + at.unit;
  update[at.state + at.unit] = sigmoid(x[0] + r[0]);
  reset_hidden[at.state + at.unit] = sigmoid(x[units] + r[1]) * hidden[at.state + at.unit];
}

__kernel __attribute__((reqd_work_group_size(SPLIT, 1, 1)))
void gru_finish(const __global float* sums, const __global element* weights, const __global float* reset_hidden,
                const __global float* update, const __global float* hidden, __global float* next_hidden,
                __global element* output, int4 sizes, int4 order) {
  __local float room[SPLIT];
  const Place at = place(sizes, order);
  const int units = sizes.x, rows = sizes.y * sizes.z;
  float r[1];
  products(reset_hidden + at.state, weights + (at.direction * 3 + 2) * units * units, at.unit, units, r, 1, room);
  if (get_local_id(0) != 0) return;
  const float x = sums[(at.direction * rows + at.input_row) * 3 * units + 2 * units + at.unit];
  const float z = update[at.state + at.unit];
  const float h = (1.0f - z) * tanh(x + r[0]) + z * hidden[at.state + at.unit];
  next_hidden[at.state + at.unit] = h;
  if (order.w) STORE(h, output, at.output_row * units + at.unit);
}

#endif
#else

__kernel __attribute__((reqd_work_group_size(SPLIT, 1, 1)))
void rnn_step(const __global float* sums, const __global element* weights, const __global float* hidden,
              __global float* next_hidden, __global element* output, int4 sizes, int4 order) {
  __local float room[SPLIT];
  const Place at = place(sizes, order);
  const int units = sizes.x, rows = sizes.y * sizes.z;
  float r[1];
  products(hidden + at.state, weights + at.direction * units * units, at.unit, units, r, 1, room);
  if (get_local_id(0) != 0) return;
  const float h = tanh(sums[(at.direction * rows + at.input_row) * units + at.unit] + r[0]);
  next_hidden[at.state + at.unit] = h;
  if (order.w) STORE(h, output, at.output_row * units + at.unit);
}

#endif

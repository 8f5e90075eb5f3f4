// SPDX-License-Identifier: Apache-2.0
// What all kernels share: how values are stored, activations, sums over a work-group.
//
// HALF_STORAGE: values are float16 in memory. vload_half and vstore_half need no cl_khr_fp16 (OpenCL C 1.2, 6.12.7);
// arithmetic is on float32.
#define JOIN_(a, b) a##b
#define JOIN(a, b) JOIN_(a, b)

#define LOAD_float(p, i) (p)[i]
#define LOAD4_float(p, i) vload4(0, (p) + (i))
#define STORE_float(v, p, i) (p)[i] = (v)
#define STORE4_float(v, p, i) vstore4((v), 0, (p) + (i))
#define LOAD_half(p, i) vload_half((i), (p))
#define LOAD4_half(p, i) vload_half4(0, (p) + (i))
#define STORE_half(v, p, i) vstore_half_rte((v), (i), (p))
#define STORE4_half(v, p, i) vstore_half4_rte((v), 0, (p) + (i))

#ifdef HALF_STORAGE
#define element half
#else
#define element float
#endif
#define LOAD(p, i) JOIN(LOAD_, element)(p, i)
#define LOAD4(p, i) JOIN(LOAD4_, element)(p, i)
#define STORE(v, p, i) JOIN(STORE_, element)(v, p, i)
#define STORE4(v, p, i) JOIN(STORE4_, element)(v, p, i)

// The first n of four elements, zeros behind.
float4 load_part(const __global element* p, int i, int n) {
  if (n >= 4) return LOAD4(p, i);
  return (float4)(LOAD(p, i), n > 1 ? LOAD(p, i + 1) : 0.0f, n > 2 ? LOAD(p, i + 2) : 0.0f, 0.0f);
}

void store_part(float4 v, __global element* p, int i, int n) {
  if (n >= 4) {
    STORE4(v, p, i);
    return;
  }
  STORE(v.s0, p, i);
  if (n > 1) STORE(v.s1, p, i + 1);
  if (n > 2) STORE(v.s2, p, i + 2);
}

// `kind` is kernels::Activation::Kind.
#define ACTIVATE(T)                                                          \
  switch (kind) {                                                            \
    case 1: return x < (T)(0.0f) ? (T)(0.0f) : x;                            \
    case 2: return x < (T)(a) ? (T)(a) : (x > (T)(b) ? (T)(b) : x);          \
    case 3: return x < (T)(0.0f) ? a * x : x;                                \
    case 4: return 1.0f / (1.0f + exp(-x));                                  \
    case 5: return tanh(x);                                                  \
    case 6: return clamp(a * x + b, 0.0f, 1.0f);                             \
    case 7: return x * clamp(x * (1.0f / 6.0f) + 0.5f, 0.0f, 1.0f);          \
  }                                                                          \
  return x;

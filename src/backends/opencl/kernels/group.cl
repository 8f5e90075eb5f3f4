// SPDX-License-Identifier: Apache-2.0
// Sums and maxima over the work-items of one column of a work-group (those of one local id 0); the number of rows is a
// power of two. All work-items of the group must come here.
#define GROUP_REDUCTION(NAME, COMBINED)                                            \
  float NAME(__local float* room, float mine) {                                    \
    const int width = get_local_size(0), x = get_local_id(0), y = get_local_id(1); \
    barrier(CLK_LOCAL_MEM_FENCE);                                                  \
    room[y * width + x] = mine;                                                    \
    for (int step = get_local_size(1) / 2; step > 0; step /= 2) {                  \
      barrier(CLK_LOCAL_MEM_FENCE);                                                \
      if (y < step) {                                                              \
        const float u = room[y * width + x], v = room[(y + step) * width + x];     \
        room[y * width + x] = COMBINED;                                            \
      }                                                                            \
    }                                                                              \
    barrier(CLK_LOCAL_MEM_FENCE);                                                  \
    return room[x];                                                                \
  }
GROUP_REDUCTION(group_sum, u + v)
GROUP_REDUCTION(group_max, fmax(u, v))

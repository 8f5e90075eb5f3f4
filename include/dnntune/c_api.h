/* SPDX-License-Identifier: Apache-2.0
 *
 * The C API of dnntune, in C99. A complete program:
 *
 *   #include <dnntune/c_api.h>
 *   #include <stdio.h>
 *
 *   int main(void) {
 *     dnntune_graph* graph = NULL;
 *     dnntune_processor* processor = NULL;
 *     dnntune_session* session = NULL;
 *     dnntune_profile* profile = NULL;
 *     const char* table = NULL;
 *     int ok = dnntune_graph_load("model.onnx", NULL, &graph) == DNNTUNE_OK &&
 *              dnntune_processor_local("cpu:all", &processor) == DNNTUNE_OK &&
 *              dnntune_session_create(graph, processor, NULL, &session) == DNNTUNE_OK &&
 *              dnntune_session_profile(session, NULL, &profile) == DNNTUNE_OK &&
 *              dnntune_profile_table(profile, &table) == DNNTUNE_OK;
 *     puts(ok ? table : dnntune_last_error());
 *     dnntune_profile_destroy(profile);
 *     dnntune_session_destroy(session);
 *     dnntune_processor_destroy(processor);
 *     dnntune_graph_destroy(graph);
 *     return ok ? 0 : 1;
 *   }
 *
 * Rules, the same for every function:
 * - The result is a status; DNNTUNE_OK is 0. Results come through the last parameters, which are left as
 *   they were when the status is not 0. dnntune_last_error() then has the text.
 * - `create`, `load`, `parse`, `named`... give the caller a handle to destroy. `destroy` takes NULL.
 *   A handle does not depend on the handles it was made from: destroy them in any order.
 * - Strings and arrays that a function returns are borrowed: valid until the handle they came from is
 *   destroyed. All text is UTF-8.
 * - Option structures are filled by their _init function first, which takes `sizeof options` so that later
 *   versions may append options; NULL stands for the defaults.
 * - dnntune_session, dnntune_split, dnntune_adaptive, dnntune_route: one call at a time per handle, from any thread. All other
 *   handles do not change after creation and may be used from any number of threads at once, except that `destroy`
 *   must be the last call. dnntune_server, dnntune_stream and dnntune_timeline may be called from any threads at once.
 */
#ifndef DNNTUNE_C_API_H
#define DNNTUNE_C_API_H

#include <stddef.h>
#include <stdint.h>

#if defined(_WIN32)
#define DNNTUNE_C_API
#else
#define DNNTUNE_C_API __attribute__((visibility("default")))
#endif
#if defined(__GNUC__)
#define DNNTUNE_MUST_USE __attribute__((warn_unused_result))
#else
#define DNNTUNE_MUST_USE
#endif
/* Every fallible function: exported, and its status must be looked at. */
#define DNNTUNE_CALL DNNTUNE_C_API DNNTUNE_MUST_USE dnntune_status

#ifdef __cplusplus
extern "C" {
#endif

/* What is one of a few values is an int32_t with named values: of the same width for every language, and a value that does not exist is
 * an error instead of undefined. */

/* ---- Status ------------------------------------------------------------------------------------- */

enum dnntune_status_values {
  DNNTUNE_OK = 0,
  DNNTUNE_INVALID_ARGUMENT = 1, /* also NULL where a pointer is needed */
  DNNTUNE_INVALID_MODEL = 2,
  DNNTUNE_UNSUPPORTED = 3,
  DNNTUNE_NOT_FOUND = 4,
  DNNTUNE_IO = 5,
  DNNTUNE_NETWORK = 6,
  DNNTUNE_TIMEOUT = 7,
  DNNTUNE_OUT_OF_MEMORY = 8,
  DNNTUNE_LIMIT_EXCEEDED = 9,
  DNNTUNE_INTERNAL = 10
};
typedef int32_t dnntune_status;

/* Text of the calling thread's last failure; "" when there was none. Valid until that thread's next
 * failing call. */
DNNTUNE_C_API const char* dnntune_last_error(void);
/* "invalid_argument" and so on; "unknown" for other numbers. */
DNNTUNE_C_API const char* dnntune_status_name(dnntune_status status);
/* Version of the library that is linked, "0.1.0". */
DNNTUNE_C_API const char* dnntune_version(void);

typedef void (*dnntune_error_callback)(dnntune_status status, const char* message, void* user);
/* Also hands every failure of the calling thread to `callback`, as it happens; NULL ends that. */
DNNTUNE_C_API void dnntune_set_error_callback(dnntune_error_callback callback, void* user);

/* ---- Handles ------------------------------------------------------------------------------------ */

typedef struct dnntune_graph dnntune_graph;               /* an immutable network */
typedef struct dnntune_tensor dnntune_tensor;             /* a typed array in row-major order */
typedef struct dnntune_tensors dnntune_tensors;           /* named tensors: the outputs of a run */
typedef struct dnntune_device dnntune_device;             /* a machine and its processors */
typedef struct dnntune_processor dnntune_processor;       /* backend, cores and threads */
typedef struct dnntune_assignment dnntune_assignment;     /* which processor and kernel runs each layer */
typedef struct dnntune_tuning dnntune_tuning;             /* what tuning found */
typedef struct dnntune_session dnntune_session;           /* a graph prepared for a processor */
typedef struct dnntune_threads dnntune_threads;           /* where the threads of a session ran */
typedef struct dnntune_profile dnntune_profile;           /* what each layer costs */
typedef struct dnntune_meters dnntune_meters;             /* what could measure energy */
typedef struct dnntune_link dnntune_link;                 /* the network between device and cloud */
typedef struct dnntune_plan dnntune_plan;                 /* which layer runs where */
typedef struct dnntune_plans dnntune_plans;               /* several plans of one network */
typedef struct dnntune_route dnntune_route;               /* a question about a route of stops, built call by call */
typedef struct dnntune_route_plan dnntune_route_plan;     /* which layer runs at which stop */
typedef struct dnntune_split dnntune_split;               /* carries a plan out */
typedef struct dnntune_split_result dnntune_split_result; /* one answer, and how it came about */
typedef struct dnntune_adaptive dnntune_adaptive;         /* several prepared plans, each request by the best of them now */
typedef struct dnntune_adaptive_result dnntune_adaptive_result; /* one answer, and why by that plan */
typedef struct dnntune_stream dnntune_stream;             /* frames, device and cloud side by side */
typedef struct dnntune_frame_result dnntune_frame_result; /* one frame's answer */
typedef struct dnntune_server dnntune_server;             /* the cloud half */
typedef struct dnntune_timeline dnntune_timeline;         /* what requests spent their time on */

/* ---- Tensors ------------------------------------------------------------------------------------ */

/* The numbers of ONNX's TensorProto.DataType. */
enum dnntune_data_type_values {
  DNNTUNE_FLOAT32 = 1,
  DNNTUNE_UINT8 = 2,
  DNNTUNE_INT8 = 3,
  DNNTUNE_UINT16 = 4,
  DNNTUNE_INT16 = 5,
  DNNTUNE_INT32 = 6,
  DNNTUNE_INT64 = 7,
  DNNTUNE_BOOL = 9,
  DNNTUNE_FLOAT16 = 10,
  DNNTUNE_FLOAT64 = 11,
  DNNTUNE_UINT32 = 12,
  DNNTUNE_UINT64 = 13,
  DNNTUNE_BFLOAT16 = 16
};
typedef int32_t dnntune_data_type;

/* Copies `byte_size` bytes of `data`, which must be what type and shape demand. rank 0 is a scalar. */
DNNTUNE_CALL dnntune_tensor_create(dnntune_data_type type, const int64_t* shape, size_t rank, const void* data, size_t byte_size,
                                   dnntune_tensor** tensor);
/* From or to a .npy or .pb (ONNX TensorProto) file, by extension. */
DNNTUNE_CALL dnntune_tensor_load(const char* path, dnntune_tensor** tensor);
DNNTUNE_CALL dnntune_tensor_save(const dnntune_tensor* tensor, const char* path);
DNNTUNE_C_API void dnntune_tensor_destroy(dnntune_tensor* tensor);

DNNTUNE_CALL dnntune_tensor_type(const dnntune_tensor* tensor, dnntune_data_type* type);
/* `shape` is borrowed and has `rank` entries. */
DNNTUNE_CALL dnntune_tensor_shape(const dnntune_tensor* tensor, const int64_t** shape, size_t* rank);
/* `data` is borrowed: read only. */
DNNTUNE_CALL dnntune_tensor_data(const dnntune_tensor* tensor, const void** data, size_t* byte_size);

DNNTUNE_CALL dnntune_tensors_count(const dnntune_tensors* tensors, size_t* count);
/* In name order; `name` and `tensor` are borrowed: do not destroy the tensor. */
DNNTUNE_CALL dnntune_tensors_at(const dnntune_tensors* tensors, size_t index, const char** name, const dnntune_tensor** tensor);
DNNTUNE_CALL dnntune_tensors_find(const dnntune_tensors* tensors, const char* name, const dnntune_tensor** tensor);
DNNTUNE_C_API void dnntune_tensors_destroy(dnntune_tensors* tensors);

/* ---- Graph -------------------------------------------------------------------------------------- */

typedef struct dnntune_load_options {
  uint32_t struct_size;
  int allow_unsupported;          /* load even when some layers cannot run here */
  size_t dim_count;               /* symbolic dimensions to fix: */
  const char* const* dim_names;   /*   dim_count symbols, such as "batch" */
  const int64_t* dim_values;      /*   and their values */
} dnntune_load_options;
DNNTUNE_C_API void dnntune_load_options_init(dnntune_load_options* options, size_t size);

/* A value's name, type and shape at the graph's default input shapes (open dimensions are 1, or what the
 * load options say); borrowed from the graph. */
typedef struct dnntune_value_info {
  const char* name;
  dnntune_data_type type;
  const int64_t* shape;
  size_t rank;
} dnntune_value_info;

/* A layer, borrowed from the graph. */
typedef struct dnntune_layer_info {
  const char* name;
  const char* op;        /* "Conv", or with what was fused in, "Conv+Relu" */
  int64_t macs;          /* multiply-accumulates */
  int64_t parameters;
  int64_t output_bytes;
} dnntune_layer_info;

DNNTUNE_CALL dnntune_graph_load(const char* path, const dnntune_load_options* options, dnntune_graph** graph);
/* From memory; the bytes are copied. */
DNNTUNE_CALL dnntune_graph_parse(const void* bytes, size_t byte_size, const dnntune_load_options* options, dnntune_graph** graph);
/* Writes the whole graph as ONNX; the file is replaced by rename. */
DNNTUNE_CALL dnntune_graph_save(const dnntune_graph* graph, const char* path);
DNNTUNE_C_API void dnntune_graph_destroy(dnntune_graph* graph);

DNNTUNE_CALL dnntune_graph_name(const dnntune_graph* graph, const char** name);
DNNTUNE_CALL dnntune_graph_hash(const dnntune_graph* graph, const char** hash);
DNNTUNE_CALL dnntune_graph_counts(const dnntune_graph* graph, size_t* inputs, size_t* outputs, size_t* layers);
DNNTUNE_CALL dnntune_graph_input(const dnntune_graph* graph, size_t index, dnntune_value_info* info);
DNNTUNE_CALL dnntune_graph_output(const dnntune_graph* graph, size_t index, dnntune_value_info* info);
DNNTUNE_CALL dnntune_graph_layer(const dnntune_graph* graph, size_t index, dnntune_layer_info* info);

/* ---- Device and processor ----------------------------------------------------------------------- */

/* This machine, as far as the process may use it. */
DNNTUNE_CALL dnntune_device_local(dnntune_device** device);
/* From a device file, of this machine or of one that is not here. */
DNNTUNE_CALL dnntune_device_from_json(const char* json, dnntune_device** device);
/* The device file: clusters, caches, memory, processors, and notes of what could not be found out. */
DNNTUNE_CALL dnntune_device_json(const dnntune_device* device, const char** json);
DNNTUNE_C_API void dnntune_device_destroy(dnntune_device* device);

/* A processor by name: "cpu:all", "cpu:big", "cpu:little" or what else the device has, or by cores,
 * "cpu:0,2-3"; each optionally with " xN" threads. The error of a wrong name lists those that exist. */
DNNTUNE_CALL dnntune_device_processor(const dnntune_device* device, const char* name, dnntune_processor** processor);
/* The processors worth trying: of each cluster 1, 2, 4... and all threads, all cores together, other backends. */
DNNTUNE_CALL dnntune_device_candidate_count(const dnntune_device* device, size_t* count);
DNNTUNE_CALL dnntune_device_candidate(const dnntune_device* device, size_t index, dnntune_processor** processor);

/* What a processor is, borrowed from it. */
typedef struct dnntune_processor_info {
  const char* name;
  const char* backend;
  const int* cores;       /* to pin to, one a thread in turn; none when core_count is 0 */
  size_t core_count;
  int threads;
  double active_power_w;  /* above idle; negative when unknown */
} dnntune_processor_info;

DNNTUNE_CALL dnntune_processor_describe(const dnntune_processor* processor, dnntune_processor_info* info);
/* That of dnntune_device_processor on this machine. */
DNNTUNE_CALL dnntune_processor_local(const char* name, dnntune_processor** processor);
/* A copy with a known power above idle, in watt; makes energy figures known. */
DNNTUNE_CALL dnntune_processor_with_power(const dnntune_processor* processor, double active_power_w, dnntune_processor** powered);
DNNTUNE_C_API void dnntune_processor_destroy(dnntune_processor* processor);

/* ---- Session ------------------------------------------------------------------------------------ */

typedef struct dnntune_session_options {
  uint32_t struct_size;
  int reference_kernels; /* use only the plain, slow kernels */
  int worker_spin_us;    /* how long idle worker threads look for the next run before they sleep: 0 (the default) to 1000000 */
  int weights;           /* storage of weights that are multiplied by one row: DNNTUNE_FLOAT32 (the default), DNNTUNE_FLOAT16 or
                            DNNTUNE_BFLOAT16; 16 bits cost precision, see the profile's notes */
  int alone_below_us;    /* networks estimated to take less run on the calling thread alone: 100 (the default); 0: none */
  int math;              /* of products: DNNTUNE_FLOAT32 (the default) or DNNTUNE_BFLOAT16, which is faster where the processor has it
                            and costs precision, see the profile's notes */
  int max_loop_iterations; /* of all loops of one run together; a run that takes more fails: 1000000 (the default) */
  int64_t max_loop_bytes;  /* what loops hold at once of stacked and carried values; a run that needs more fails: 2^30 (the default) */
  int allow_missing_cores; /* run also where the processor names cores that this machine lacks, on others */
  int max_plans;           /* sets of input shapes that stay prepared: 1 to 1024; 16 is the default */
  int storage;             /* of floats in the memory of GPUs: DNNTUNE_FLOAT32 (the default) or DNNTUNE_FLOAT16 */
  const dnntune_assignment* assignment; /* NULL (the default): all layers on the session's processor; read by the call alone */
  const char* tuning_cache;             /* folder of dnntune_tune_options.cache_folder, whose assignment is used if there is one; a folder that is
                                           not there is an error; NULL: none */
  int64_t max_arena_bytes; /* of activations and scratch; a network that needs more is refused before they are taken: INT64_MAX (the default) */
} dnntune_session_options;
DNNTUNE_C_API void dnntune_session_options_init(dnntune_session_options* options, size_t size);

DNNTUNE_CALL dnntune_session_create(const dnntune_graph* graph, const dnntune_processor* processor, const dnntune_session_options* options,
                                    dnntune_session** session);
/* `names` and `inputs` have `count` entries, one for every graph input, in any order. */
DNNTUNE_CALL dnntune_session_run(dnntune_session* session, const char* const* names, const dnntune_tensor* const* inputs, size_t count,
                                 dnntune_tensors** outputs);
DNNTUNE_C_API void dnntune_session_destroy(dnntune_session* session);

/* Where one thread of a session runs, borrowed. Thread 0 is the one that calls. */
typedef struct dnntune_thread_state {
  int asked_core;         /* that the processor names for it; -1: none */
  const int* cores;       /* those the system lets it run on, read back from the scheduler */
  size_t core_count;      /* 0 when the system does not tell */
  int pinned;             /* 1: it runs on the core asked for and on no other */
  const char* problem;    /* "" when it is as asked; else why not, "pin to core 5 refused: Invalid argument" */
} dnntune_thread_state;

/* As the threads are now; a later change does not show in the handle. */
DNNTUNE_CALL dnntune_session_threads(const dnntune_session* session, dnntune_threads** threads);
DNNTUNE_CALL dnntune_threads_count(const dnntune_threads* threads, size_t* count);
DNNTUNE_CALL dnntune_threads_at(const dnntune_threads* threads, size_t index, dnntune_thread_state* state);
DNNTUNE_C_API void dnntune_threads_destroy(dnntune_threads* threads);

/* ---- Tuning ------------------------------------------------------------------------------------- */

/* JSON of schema "dnntune.assignment/1". */
DNNTUNE_CALL dnntune_assignment_from_json(const char* json, dnntune_assignment** assignment);
/* Borrowed from the assignment. */
DNNTUNE_CALL dnntune_assignment_json(const dnntune_assignment* assignment, const char** json);
DNNTUNE_C_API void dnntune_assignment_destroy(dnntune_assignment* assignment);

typedef struct dnntune_tune_options {
  uint32_t struct_size;
  int weights;              /* as the sessions will have it: see dnntune_session_options; likewise: */
  int math;
  int storage;
  double latency_weight;    /* what is minimised: 1 (the default) and */
  double energy_weight;     /* 0 (the default) for latency, 0 and 1 for energy, which needs the power of every processor */
  double budget_s;          /* no more layers are timed after this long: 60 (the default) */
  const char* cache_folder; /* where timings and results are kept for the next start; made when missing, and an error
                               where it cannot be written to; NULL (the default): nowhere */
  double start_ms;          /* how much longer a session may take to be made with the assignment than without: 4 (the default) */
} dnntune_tune_options;
DNNTUNE_C_API void dnntune_tune_options_init(dnntune_tune_options* options, size_t size);

/* Times every layer on `count` processors and by every kernel, and finds the best assignment of all together. The first
   is what sessions will be made for; count 0: all of this machine that are worth trying. Blocks. */
DNNTUNE_CALL dnntune_tune(const dnntune_graph* graph, const dnntune_processor* const* processors, size_t count, const dnntune_tune_options* options,
                          dnntune_tuning** tuning);
DNNTUNE_CALL dnntune_tuning_assignment(const dnntune_tuning* tuning, dnntune_assignment** assignment);
/* Borrowed from the tuning: a table of 80 columns; JSON of schema "dnntune.tuning/1". */
DNNTUNE_CALL dnntune_tuning_table(const dnntune_tuning* tuning, const char** table);
DNNTUNE_CALL dnntune_tuning_json(const dnntune_tuning* tuning, const char** json);
DNNTUNE_C_API void dnntune_tuning_destroy(dnntune_tuning* tuning);

/* ---- Profile ------------------------------------------------------------------------------------ */

typedef struct dnntune_profile_options {
  uint32_t struct_size;
  int warmup_runs;
  int min_samples;
  double max_total_s;
  const char* energy;       /* "auto" (also NULL): the first meter that may be used, else power times time; "model": power
                               times time; or a meter's name, see dnntune_meters_create */
  double energy_max_total_s; /* measuring energy, beside time, takes no longer than this */
} dnntune_profile_options;
DNNTUNE_C_API void dnntune_profile_options_init(dnntune_profile_options* options, size_t size);

/* One layer of a profile, borrowed from it. */
typedef struct dnntune_layer_profile {
  const char* name;
  const char* op;
  const char* kernel;
  double latency_ns;      /* median */
  double spread_ns;       /* median absolute deviation */
  double energy_uj;       /* negative when unknown */
  int64_t flops;
  int64_t input_bytes;
  int64_t output_bytes;
  int64_t weight_bytes;
} dnntune_layer_profile;

DNNTUNE_CALL dnntune_session_profile(dnntune_session* session, const dnntune_profile_options* options, dnntune_profile** profile);
/* Asks a dnntune server for its profile of the graph. `token` may be NULL. */
DNNTUNE_CALL dnntune_profile_remote(const char* url, const char* token, const dnntune_graph* graph, dnntune_profile** profile);
DNNTUNE_CALL dnntune_profile_from_json(const char* json, dnntune_profile** profile);
DNNTUNE_C_API void dnntune_profile_destroy(dnntune_profile* profile);

DNNTUNE_CALL dnntune_profile_layer_count(const dnntune_profile* profile, size_t* count);
DNNTUNE_CALL dnntune_profile_layer(const dnntune_profile* profile, size_t index, dnntune_layer_profile* layer);
/* The plain run's median, nothing else measured. */
DNNTUNE_CALL dnntune_profile_run_ns(const dnntune_profile* profile, double* run_ns);
/* Of the plain run, above idle; negative when unknown. `source` is borrowed and may be NULL: the meter's name or where the
 * power comes from. */
DNNTUNE_CALL dnntune_profile_run_energy_uj(const dnntune_profile* profile, double* energy_uj, const char** source);
DNNTUNE_CALL dnntune_profile_json(const dnntune_profile* profile, const char** json);
/* For people, 80 columns. */
DNNTUNE_CALL dnntune_profile_table(const dnntune_profile* profile, const char** table);

/* ---- Meters ------------------------------------------------------------------------------------- */

/* One way to measure energy, borrowed from the list. */
typedef struct dnntune_meter {
  const char* name;     /* as dnntune_profile_options::energy takes it */
  const char* covers;   /* what its figure includes */
  const char* why_not;  /* "" when it may be used, else the reason and what to do */
  int usable;
  int gives_energy;     /* counts energy; else tells power */
  double interval_ms;   /* it has a new figure this often */
} dnntune_meter;

/* Those of this machine, best first, and the kinds that it lacks. */
DNNTUNE_CALL dnntune_meters_create(dnntune_meters** meters);
DNNTUNE_CALL dnntune_meters_count(const dnntune_meters* meters, size_t* count);
DNNTUNE_CALL dnntune_meters_at(const dnntune_meters* meters, size_t index, dnntune_meter* meter);
DNNTUNE_C_API void dnntune_meters_destroy(dnntune_meters* meters);

/* ---- Memory before there is a session ----------------------------------------------------------- */

typedef struct dnntune_memory_use {
  int64_t packed_weight_bytes; /* copies made for the kernels */
  int64_t arena_bytes;         /* activations and scratch, planned */
  int64_t arena_lower_bound_bytes;
} dnntune_memory_use;

/* What dnntune_session_create with the same arguments would hold, to the byte, without packing weights or taking memory. The
 * processor may be another machine's; kernels are those of this machine's instruction set. DNNTUNE_UNSUPPORTED when only a run can
 * tell. */
DNNTUNE_CALL dnntune_planned_memory(const dnntune_graph* graph, const dnntune_processor* processor, const dnntune_session_options* options,
                                    dnntune_memory_use* use);

/* ---- Link and plan ------------------------------------------------------------------------------ */

/* "wifi", "lte", "3g", ...: the names are listed in the error of a wrong one. */
DNNTUNE_CALL dnntune_link_named(const char* name, dnntune_link** link);
DNNTUNE_CALL dnntune_link_from_json(const char* json, dnntune_link** link);
DNNTUNE_C_API void dnntune_link_destroy(dnntune_link* link);

enum dnntune_objective_values { DNNTUNE_MIN_LATENCY = 0, DNNTUNE_MIN_ENERGY = 1 };
typedef int32_t dnntune_objective;
/* The last two can be planned, but no dnntune_split carries them out. */
enum dnntune_encoding_values {
  DNNTUNE_WIRE_RAW = 0,
  DNNTUNE_WIRE_FP16 = 1,
  DNNTUNE_WIRE_INT8 = 2,
  DNNTUNE_WIRE_INT8_CHANNEL = 3,
  DNNTUNE_WIRE_INT4 = 4
};
typedef int32_t dnntune_encoding;
enum dnntune_deployment_values { DNNTUNE_CHOSEN = 0, DNNTUNE_MOBILE_ONLY = 1, DNNTUNE_CLOUD_ONLY = 2, DNNTUNE_BEST_SPLIT = 3 };
typedef int32_t dnntune_deployment;

typedef struct dnntune_plan_options {
  uint32_t struct_size;
  dnntune_objective objective;
  dnntune_encoding encoding;
  /* What a request waits in the cloud's queue: dnntune_waiting_time::mean_ns; infinity: a saturated cloud is not used. Default 0: it is
   * idle. */
  double cloud_wait_ns;
} dnntune_plan_options;
DNNTUNE_C_API void dnntune_plan_options_init(dnntune_plan_options* options, size_t size);

/* What a deployment should cost. */
typedef struct dnntune_plan_cost {
  const char* name;     /* "mobile-only", "cloud-only", "split"; borrowed */
  int feasible;
  double latency_ns;
  double energy_uj;     /* negative when unknown */
  int64_t bytes_up;
  int64_t bytes_down;
} dnntune_plan_cost;

DNNTUNE_CALL dnntune_plan_create(const dnntune_graph* graph, const dnntune_profile* device, const dnntune_profile* cloud, const dnntune_link* link,
                                 const dnntune_plan_options* options, dnntune_plan** plan);
DNNTUNE_CALL dnntune_plan_from_json(const char* json, dnntune_plan** plan);
DNNTUNE_C_API void dnntune_plan_destroy(dnntune_plan* plan);

DNNTUNE_CALL dnntune_plan_cost_of(const dnntune_plan* plan, dnntune_deployment deployment, dnntune_plan_cost* cost);
DNNTUNE_CALL dnntune_plan_json(const dnntune_plan* plan, const char** json);
/* For people, 80 columns. */
DNNTUNE_CALL dnntune_plan_explain(const dnntune_plan* plan, const char** text);

/* The deployments that do well on links from 0.1 Mbit/s to 1 Gbit/s up: device only, cloud only, and 0 to 16 `most_cuts` cuts. Of `link` the round trip is
 * kept, and the ratio of its rates. Arguments as of dnntune_plan_create. */
DNNTUNE_CALL dnntune_plans_for_links(const dnntune_graph* graph, const dnntune_profile* device, const dnntune_profile* cloud, const dnntune_link* link,
                                     const dnntune_plan_options* options, int most_cuts, dnntune_plans** plans);
/* Any plans, which are copied. */
DNNTUNE_CALL dnntune_plans_create(const dnntune_plan* const* plans, size_t count, dnntune_plans** list);
DNNTUNE_CALL dnntune_plans_count(const dnntune_plans* plans, size_t* count);
/* `plan` is borrowed: do not destroy it. Its DNNTUNE_CHOSEN is what it stands for. */
DNNTUNE_CALL dnntune_plans_at(const dnntune_plans* plans, size_t index, const dnntune_plan** plan);
DNNTUNE_C_API void dnntune_plans_destroy(dnntune_plans* plans);

/* ---- Route -------------------------------------------------------------------------------------- */

/* What a route plan is judged by, and in what. */
enum dnntune_measure_values {
  DNNTUNE_MEASURE_LATENCY = 0,        /* nanoseconds */
  DNNTUNE_MEASURE_ENERGY = 1,         /* microjoules of the device */
  DNNTUNE_MEASURE_BYTES_UP = 2,
  DNNTUNE_MEASURE_DEVICE_WEIGHTS = 3, /* bytes */
  DNNTUNE_MEASURE_MONEY = 4,
  DNNTUNE_MEASURE_ERROR = 5           /* sum of what dnntune_route_set_error says */
};
typedef int32_t dnntune_measure;
/* Whether a layer beyond a hop may feed one before it. Outputs always come home. */
enum dnntune_return_values { DNNTUNE_RETURN_NEVER = 0, DNNTUNE_RETURN_ONCE = 1 };
typedef int32_t dnntune_return;
/* How a hop's TCP connection stands when a request begins. */
enum dnntune_tcp_values { DNNTUNE_TCP_OPEN = 0, DNNTUNE_TCP_IDLE = 1 /* slow start */, DNNTUNE_TCP_COLD = 2 /* handshakes too */ };
typedef int32_t dnntune_tcp;

typedef struct dnntune_route_options {
  uint32_t struct_size;
  int home;                        /* the stop where inputs start and outputs end: 0 (the default) */
  int throughput;                  /* minimise the time between results instead of the measures */
  int private_within;              /* values that so many layers or fewer separate from an input stay on the device; -1 (the default): none */
  int most_cuts;                   /* effort: minimum cuts that one answer may take: 20000 (the default) */
  double percentile;               /* of latency, 0.5 (the default) to 0.9999 */
  double interval_s;               /* from one request to the next, for the radio's tail; 0 (the default): each stands alone */
  double idle_power_w;             /* of the device while it waits; 0 (the default) */
  int64_t max_device_memory_bytes; /* 0 (the default): no limit */
} dnntune_route_options;
DNNTUNE_C_API void dnntune_route_options_init(dnntune_route_options* options, size_t size);

typedef struct dnntune_stop_options {
  uint32_t struct_size;
  double money_per_s;
  double max_busy_ns; /* most time that one run may occupy it; 0 (the default): no limit */
} dnntune_stop_options;
DNNTUNE_C_API void dnntune_stop_options_init(dnntune_stop_options* options, size_t size);

typedef struct dnntune_hop_options {
  uint32_t struct_size;
  dnntune_return layers_return; /* never (the default) */
  dnntune_tcp tcp;              /* open (the default) */
  double money_per_byte;
  const char* radio;            /* states of the radio: a name, "huang12-lte", whose error lists all, or JSON of schema "dnntune.radio/1";
                                   NULL (the default): what the link says of sending and receiving, and no more */
} dnntune_hop_options;
DNNTUNE_C_API void dnntune_hop_options_init(dnntune_hop_options* options, size_t size);

/* Then stops and hops in turn, from the device on: stop, hop, stop, hop, stop. */
DNNTUNE_CALL dnntune_route_create(const dnntune_graph* graph, const dnntune_route_options* options, dnntune_route** route);
/* Profiles of the graph, one a processor of the stop. Without any no layer runs there. */
DNNTUNE_CALL dnntune_route_add_stop(dnntune_route* route, const char* name, const dnntune_profile* const* profiles, size_t count,
                                    const dnntune_stop_options* options);
/* From the last stop to the one that is added next. */
DNNTUNE_CALL dnntune_route_add_hop(dnntune_route* route, const dnntune_link* link, const dnntune_hop_options* options);
/* The same between two memories of one machine; `copy_s` is what each copy takes beside its bytes. */
DNNTUNE_CALL dnntune_route_add_memory_hop(dnntune_route* route, double bytes_per_s, double copy_s);
/* The first call replaces latency, later ones add to the sum. */
DNNTUNE_CALL dnntune_route_minimize(dnntune_route* route, dnntune_measure measure, double weight);
DNNTUNE_CALL dnntune_route_limit(dnntune_route* route, dnntune_measure measure, double at_most);
/* The first call replaces raw, later ones add a choice. Times are per byte of the value as it is stored. */
DNNTUNE_CALL dnntune_route_add_encoding(dnntune_route* route, dnntune_encoding encoding, double encode_ns_per_byte, double decode_ns_per_byte);
/* What an encoding of one value does to the result. */
DNNTUNE_CALL dnntune_route_set_error(dnntune_route* route, const char* value, dnntune_encoding encoding, double error);
/* The layer runs at one of the stops `first` to `last`. */
DNNTUNE_CALL dnntune_route_pin(dnntune_route* route, const char* layer, int first, int last);
/* Plans. What was said wrong is reported here. */
DNNTUNE_CALL dnntune_route_solve(const dnntune_route* route, dnntune_route_plan** plan);
DNNTUNE_C_API void dnntune_route_destroy(dnntune_route* route);

/* What the plan should cost. */
typedef struct dnntune_route_cost {
  double objective;     /* what was minimised */
  double lower_bound;   /* no placement has less; equal when proven */
  int proven;
  double latency_ns;
  double percentile_ns; /* latency at the percentile asked for */
  double energy_uj;     /* of the device; negative when unknown */
  int64_t bytes_up;
  int64_t bytes_home;
} dnntune_route_cost;

DNNTUNE_CALL dnntune_route_plan_from_json(const char* json, dnntune_route_plan** plan);
DNNTUNE_C_API void dnntune_route_plan_destroy(dnntune_route_plan* plan);
DNNTUNE_CALL dnntune_route_plan_cost_of(const dnntune_route_plan* plan, dnntune_route_cost* cost);
DNNTUNE_CALL dnntune_route_plan_layer_count(const dnntune_route_plan* plan, size_t* count);
/* `name` and `processor` are borrowed; each result may be NULL. */
DNNTUNE_CALL dnntune_route_plan_layer(const dnntune_route_plan* plan, size_t index, const char** name, int* stop, const char** processor);
DNNTUNE_CALL dnntune_route_plan_json(const dnntune_route_plan* plan, const char** json);
/* For people, 80 columns. */
DNNTUNE_CALL dnntune_route_plan_explain(const dnntune_route_plan* plan, const char** text);

/* ---- Timelines ---------------------------------------------------------------------------------- */

/* Collects the steps of every request of the splits and servers that are created with it, each under one identifier on both sides. `process`
 * names this side; of more than `max_spans` steps the oldest are dropped, 0: 200000. It may be destroyed before they are. */
DNNTUNE_CALL dnntune_timeline_create(const char* process, size_t max_spans, dnntune_timeline** timeline);
/* Writes what there is by now in Chrome's trace event format; the file is replaced by rename. */
DNNTUNE_CALL dnntune_timeline_save(const dnntune_timeline* timeline, const char* path);
DNNTUNE_C_API void dnntune_timeline_destroy(dnntune_timeline* timeline);

/* ---- Split execution ---------------------------------------------------------------------------- */

enum dnntune_path_values { DNNTUNE_PATH_DEVICE = 0, DNNTUNE_PATH_SPLIT = 1, DNNTUNE_PATH_CLOUD = 2, DNNTUNE_PATH_FALLBACK = 3 };
typedef int32_t dnntune_path;

typedef struct dnntune_split_options {
  uint32_t struct_size;
  const char* token;          /* bearer token or NULL */
  const char* ca_file;        /* trusted certificates for https or NULL for the system's */
  double connect_timeout_s;
  double deadline_s;          /* then the device finishes the work itself */
  double retry_after_s;       /* after a failure the cloud is left alone this long, twice as long after each further one in a row */
  double longest_retry_after_s; /* but no longer than this: 60 (the default) */
  double probe_timeout_s;     /* for the question whether the server is ready, before tensors are sent to one that failed: 1 (the default) */
  double busy_patience_s;     /* a busy server is asked again when it says to, within this time from the start of the run: 0.25 (the default) */
  double hedge_after_s;       /* the device begins on the cloud's layers this long after the cloud was asked, the first to end counts; INFINITY
                                 (the default): never */
  const dnntune_timeline* timeline; /* collects the steps of every run; NULL (the default): none */
  int prepare_fallback;       /* 1 (the default): the cloud's layers are ready here from the start; 0: they are prepared when they are
                                 first needed, which saves their memory and makes the first such run late */
} dnntune_split_options;
DNNTUNE_C_API void dnntune_split_options_init(dnntune_split_options* options, size_t size);

/* How an answer came about. `why` is borrowed from the result: "" or the reason of a fallback. */
typedef struct dnntune_split_stats {
  dnntune_path path;
  const char* why;
  double total_ns;
  double device_ns;
  double exchange_ns;
  double cloud_ns;
  int64_t bytes_up;
  int64_t bytes_down;
} dnntune_split_stats;

/* Does not need the server to be there. */
DNNTUNE_CALL dnntune_split_create(const dnntune_graph* graph, const dnntune_plan* plan, const char* url, const dnntune_split_options* options,
                                  dnntune_split** split);
/* The same for a route plan of the device and one other stop, whose server `url` names; DNNTUNE_UNSUPPORTED, with the reason,
 * for others. */
DNNTUNE_CALL dnntune_split_create_route(const dnntune_graph* graph, const dnntune_route_plan* plan, const char* url, const dnntune_split_options* options,
                                        dnntune_split** split);
/* As dnntune_session_run; never fails for a lost network. */
DNNTUNE_CALL dnntune_split_run(dnntune_split* split, const char* const* names, const dnntune_tensor* const* inputs, size_t count,
                               dnntune_split_result** result);

/* What became of the runs of a handle so far. Those by way of the device come last, by what the cloud did: they add up to `fallback`. */
typedef struct dnntune_split_counts {
  int64_t runs;
  int64_t device, split, cloud, fallback; /* by dnntune_path */
  int64_t hedged;       /* the device had begun on the cloud's layers */
  int64_t bytes_up, bytes_down;
  int64_t left_alone;   /* it was not asked: it had failed just before, or owed an answer */
  int64_t late;         /* it had not answered at the deadline, or the device was first */
  int64_t busy;         /* it had no room (503) */
  int64_t refused;      /* any other status: the token, the model */
  int64_t unusable;     /* it answered what is no answer */
  int64_t unreachable;  /* no connection, or one that broke */
  int64_t not_sendable; /* a value has no form on the wire */
} dnntune_split_counts;
DNNTUNE_CALL dnntune_split_counters(const dnntune_split* split, dnntune_split_counts* counts);
DNNTUNE_C_API void dnntune_split_destroy(dnntune_split* split);

/* `outputs` is borrowed: do not destroy it. */
DNNTUNE_CALL dnntune_split_result_outputs(const dnntune_split_result* result, const dnntune_tensors** outputs);
DNNTUNE_CALL dnntune_split_result_stats(const dnntune_split_result* result, dnntune_split_stats* stats);
/* Whether the device had begun on the cloud's layers when the first answer came. */
DNNTUNE_CALL dnntune_split_result_hedged(const dnntune_split_result* result, int* hedged);
/* The values that crossed in an encoding that loses precision, each as "value (fp16)"; none for a fallback. Borrowed. */
DNNTUNE_CALL dnntune_split_result_lossy_count(const dnntune_split_result* result, size_t* count);
DNNTUNE_CALL dnntune_split_result_lossy(const dnntune_split_result* result, size_t index, const char** value);
DNNTUNE_C_API void dnntune_split_result_destroy(dnntune_split_result* result);

/* ---- Adaptive execution ------------------------------------------------------------------------- */

/* Seconds, of any clock that does not go back. Called from the threads of a session or stream, one at a time. */
typedef double (*dnntune_clock)(void* user);

typedef struct dnntune_adaptive_options {
  uint32_t struct_size;
  const dnntune_split_options* split; /* of every prepared plan, read by the call alone; NULL (the default): its defaults. A cloud that failed one plan is
                                         left alone by all. `hedge_after_s` is the most that `hedge_deviations` may make of it */
  double margin;             /* a switch wants another plan that should cost less by more than this share of its own cost: 0.05 (the default) ... */
  double patience;           /* ... until what is lost beyond the margin adds up to this share of one request's cost: 0.3 (the default) */
  double probe_after_s;      /* a link that was not used for this long is asked how it is, beside a request on the device, and one that is used for its round
                                trip, after an answer: 2 (the default); INFINITY: never, and a cloud that failed is not asked again either */
  int64_t most_probe_bytes;  /* of such a question's body: 16384 (the default), at most 2^20 */
  double hedge_deviations;   /* the device begins on the cloud's layers when the answer is later than predicted by so many standard deviations of
                                the prediction's logarithm: 2 (the default); INFINITY: never */
  dnntune_clock clock;       /* for replays, with `clock_user` as its argument; both have to outlive the session. NULL (the default): a steady clock */
  void* clock_user;
} dnntune_adaptive_options;
DNNTUNE_C_API void dnntune_adaptive_options_init(dnntune_adaptive_options* options, size_t size);

/* What is believed of the way to the cloud, and of the cloud. */
typedef struct dnntune_link_estimate {
  double bandwidth_up_bps, bandwidth_down_bps;
  double round_trip_s;
  double wait_s;          /* in the server's queue */
  double cloud_factor;    /* what the cloud's layers take, relative to its profile */
  double device_factor;   /* what the device's layers take, relative to its profile */
  int cloud_doubtful;     /* it failed or was late, and nothing was heard of it since */
  int64_t exchanges;      /* that the estimate was made of, probes included */
} dnntune_link_estimate;

/* Since the session or stream was made. */
typedef struct dnntune_adaptive_counts {
  int64_t requests;
  int64_t device, split, cloud, fallback; /* by dnntune_path */
  int64_t switches;
  int64_t probes, probes_failed;
  int64_t probe_bytes_up, probe_bytes_down; /* bodies */
} dnntune_adaptive_counts;

/* Prepares the plans' chosen deployments; the first plan's link is what is expected at first, and its objective holds. Does not need the server to be there. */
DNNTUNE_CALL dnntune_adaptive_create(const dnntune_graph* graph, const dnntune_plans* plans, const char* url, const dnntune_adaptive_options* options,
                                     dnntune_adaptive** adaptive);
/* Runs every plan once, so that connections, the server's suffixes and the device's memory are there when a switch wants them. */
DNNTUNE_CALL dnntune_adaptive_warm_up(dnntune_adaptive* adaptive, const char* const* names, const dnntune_tensor* const* inputs, size_t count);
/* As dnntune_split_run, by the plan that should cost least now. */
DNNTUNE_CALL dnntune_adaptive_run(dnntune_adaptive* adaptive, const char* const* names, const dnntune_tensor* const* inputs, size_t count,
                                  dnntune_adaptive_result** result);
DNNTUNE_CALL dnntune_adaptive_estimate(const dnntune_adaptive* adaptive, dnntune_link_estimate* estimate);
DNNTUNE_CALL dnntune_adaptive_counters(const dnntune_adaptive* adaptive, dnntune_adaptive_counts* counts);
DNNTUNE_C_API void dnntune_adaptive_destroy(dnntune_adaptive* adaptive);

/* Which plan an answer came by, and what was expected. */
typedef struct dnntune_adaptive_choice {
  size_t plan;          /* of the plans that were prepared */
  int switched;         /* the request before took another */
  double predicted_ns;  /* latency, before the run */
  double energy_uj;     /* of the device, modelled from what was measured; negative when unknown */
  dnntune_link_estimate estimate; /* that the plan was chosen by */
} dnntune_adaptive_choice;

/* `run` is borrowed: do not destroy it. */
DNNTUNE_CALL dnntune_adaptive_result_run(const dnntune_adaptive_result* result, const dnntune_split_result** run);
DNNTUNE_CALL dnntune_adaptive_result_choice(const dnntune_adaptive_result* result, dnntune_adaptive_choice* choice);
DNNTUNE_C_API void dnntune_adaptive_result_destroy(dnntune_adaptive_result* result);

/* ---- Streams ------------------------------------------------------------------------------------ */

/* What dnntune_stream_submit does when as many frames are in flight as may be. */
enum dnntune_when_full_values {
  DNNTUNE_FULL_BLOCK = 0,       /* waits */
  DNNTUNE_FULL_DROP_OLDEST = 1, /* gives up the oldest frame that nobody has begun; where all are begun, the new one */
  DNNTUNE_FULL_REFUSE = 2       /* does not take the new one */
};
typedef int32_t dnntune_when_full;

/* An output of the network that is an input of its next frame. */
typedef struct dnntune_state_loop {
  const char* output;
  const char* input;             /* of the output's type and shape */
  const dnntune_tensor* initial; /* for the first frame; NULL: zeros */
} dnntune_state_loop;

typedef struct dnntune_stream_options {
  uint32_t struct_size;
  int most_in_flight;            /* frames taken and not yet answered: 4 (the default), 1 to 1024; from 2 on device and cloud work side by side */
  int most_unread;               /* answers that nobody has taken, no further frame begins while there are so many: 256 (the default), 1 to 65536 */
  dnntune_when_full when_full;   /* DNNTUNE_FULL_BLOCK (the default) */
  const dnntune_adaptive_options* adaptive; /* read by the call alone; NULL (the default): its defaults */
  size_t state_count;            /* 0 (the default) */
  const dnntune_state_loop* states; /* `state_count` of them, read by the call alone */
} dnntune_stream_options;
DNNTUNE_C_API void dnntune_stream_options_init(dnntune_stream_options* options, size_t size);

/* Starts two threads of the stream's own. Plans as of dnntune_adaptive_create. */
DNNTUNE_CALL dnntune_stream_create(const dnntune_graph* graph, const dnntune_plans* plans, const char* url, const dnntune_stream_options* options,
                                   dnntune_stream** stream);
/* Takes a frame: all inputs but the states', in any order. `taken` becomes 0 when DNNTUNE_FULL_REFUSE did not take it; else 1, and `frame` its number, 0 for the
 * first. `frame` may be NULL. DNNTUNE_INVALID_ARGUMENT after dnntune_stream_close. */
DNNTUNE_CALL dnntune_stream_submit(dnntune_stream* stream, const char* const* names, const dnntune_tensor* const* inputs, size_t count, int* taken,
                                   uint64_t* frame);
/* The next answer, in the order of frames; waits for it. `result` becomes NULL once the stream is closed and all are taken. Fails when the stream has
 * broken, by an error that is not the network's. */
DNNTUNE_CALL dnntune_stream_next(dnntune_stream* stream, dnntune_frame_result** result);
/* No more frames: those in flight are still answered. To drain: close, then take answers until there are none. */
DNNTUNE_CALL dnntune_stream_close(dnntune_stream* stream);

typedef struct dnntune_stream_counts {
  uint64_t taken;     /* frames that got a number */
  uint64_t begun;     /* their device's part is done */
  uint64_t answered;
  uint64_t dropped;
  uint64_t refused;
} dnntune_stream_counts;
DNNTUNE_CALL dnntune_stream_counters(const dnntune_stream* stream, dnntune_stream_counts* counts);
DNNTUNE_CALL dnntune_stream_session_counters(const dnntune_stream* stream, dnntune_adaptive_counts* counts);
/* Cancels: gives up frames that nobody has begun, and waits for the others. No other call may be under way. */
DNNTUNE_C_API void dnntune_stream_destroy(dnntune_stream* stream);

typedef struct dnntune_frame_info {
  uint64_t frame;
  int dropped;        /* by DNNTUNE_FULL_DROP_OLDEST: there is no answer */
  double latency_ns;  /* from submit to the answer, waiting included */
} dnntune_frame_info;
DNNTUNE_CALL dnntune_frame_result_describe(const dnntune_frame_result* result, dnntune_frame_info* info);
/* `answer` is borrowed: do not destroy it. Its run's total_ns is the time in which this frame was computed or sent. DNNTUNE_NOT_FOUND for a dropped frame. */
DNNTUNE_CALL dnntune_frame_result_answer(const dnntune_frame_result* result, const dnntune_adaptive_result** answer);
DNNTUNE_C_API void dnntune_frame_result_destroy(dnntune_frame_result* result);

/* ---- A server's load ---------------------------------------------------------------------------- */

/* What one more request waits at a server that others use too. */
typedef struct dnntune_waiting_time {
  int saturated;          /* more work arrives than it can do: the times below are infinite */
  double mean_ns;
  double spread_ns;       /* one standard deviation of that mean's uncertainty */
  double late_ns;         /* one of twenty requests waits longer */
  double utilisation;     /* share of its time that it computes, may exceed 1 when saturated */
  double arrivals_per_s;  /* of late */
  double service_ns;      /* mean, of late */
  int computing, waiting; /* requests, at this moment */
} dnntune_waiting_time;

/* Asks a dnntune server for its load. `token` may be NULL. `requests_per_s` of `service_ns` each are what the caller will add; 0: a
 * request now and then. DNNTUNE_NOT_FOUND for a server that does not tell. */
DNNTUNE_CALL dnntune_remote_load(const char* url, const char* token, double service_ns, double requests_per_s, dnntune_waiting_time* wait);

/* ---- Server ------------------------------------------------------------------------------------- */

typedef struct dnntune_server_options {
  uint32_t struct_size;
  const char* host;            /* default "127.0.0.1" */
  int port;                    /* 0 = any free one */
  const char* token;           /* required of clients when not NULL */
  const char* certificate_file; /* PEM, with key_file: https */
  const char* key_file;
  int allow_unauthenticated;   /* listen beyond loopback without a token */
  int64_t max_body_bytes;      /* of a request: 2^28 (the default) */
  double read_timeout_s;       /* for a request's head; for silence within its body, or of a client that takes no more of its answer: 10 (the default) */
  int connections;             /* requests handled at once, each by a thread: 16 (the default) */
  int max_waiting;             /* inferences that may wait while one computes, more are answered 503: 12 (the default) */
  int max_unread;              /* requests that may wait for a thread, more are answered 503: 256 (the default) */
  int max_suffixes;            /* prepared cuts that are kept, the least recently used goes first: 32 (the default) */
  const dnntune_timeline* timeline; /* collects the steps of every inference; NULL (the default): none */
  int max_batch;               /* requests for one network that wait at the same time are run together, up to so many rows of their inputs' first
                                  dimension, where rows are independent: 1 to 1024; 1 (the default): none are */
  double batch_delay_s;        /* how long the first request of such a run waits for others that are on their way into the server: 0 (the default) to 10 */
} dnntune_server_options;
DNNTUNE_C_API void dnntune_server_options_init(dnntune_server_options* options, size_t size);

DNNTUNE_CALL dnntune_server_create(const dnntune_processor* processor, const dnntune_server_options* options, dnntune_server** server);
DNNTUNE_CALL dnntune_server_add_model(dnntune_server* server, const dnntune_graph* graph);
/* Withdraws the model and all suffixes of it; requests in hand are answered still. DNNTUNE_NOT_FOUND when it is not served. */
DNNTUNE_CALL dnntune_server_remove_model(dnntune_server* server, const dnntune_graph* graph);
/* Binds and serves in threads of its own; `url` is borrowed from the server. */
DNNTUNE_CALL dnntune_server_start(dnntune_server* server, const char** url);
/* Stops listening, answers every request that has begun to arrive, then stops. DNNTUNE_TIMEOUT when that took longer than `timeout_s`, and requests were
 * cut off. */
DNNTUNE_CALL dnntune_server_drain(dnntune_server* server, double timeout_s);
DNNTUNE_CALL dnntune_server_stop(dnntune_server* server);
DNNTUNE_C_API void dnntune_server_destroy(dnntune_server* server);

#ifdef __cplusplus
}
#endif

#endif /* DNNTUNE_C_API_H */

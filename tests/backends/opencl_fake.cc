// SPDX-License-Identifier: Apache-2.0
// An OpenCL library for tests: one device whose kernels do nothing and whose calls fail on demand. The environment
// variable DNNTUNE_FAKE_OPENCL lists what fails: "clFinish=-5 clBuildProgram=-11". It counts its objects.
#include <atomic>
#include <cstdlib>
#include <cstring>
#include <string>
#include <vector>

#include <CL/cl.h>

namespace {

std::atomic<int> live{0};

/// What the environment says of `name`, else success.
cl_int outcome(const char* name) {
  const char* const list = std::getenv("DNNTUNE_FAKE_OPENCL");
  if (list == nullptr) return CL_SUCCESS;
  const std::string text = std::string(" ") + list;
  const std::string wanted = std::string(" ") + name + "=";
  const std::size_t at = text.find(wanted);
  return at == std::string::npos ? CL_SUCCESS : std::atoi(text.c_str() + at + wanted.size());
}

struct Object {
  Object() { ++live; }
  ~Object() { --live; }
  std::vector<unsigned char> storage;
  unsigned char* bytes = nullptr;
};

template <typename T>
T make(const char* name, cl_int* status, std::size_t bytes = 0) {
  const cl_int result = outcome(name);
  if (status != nullptr) *status = result;
  if (result != CL_SUCCESS) return nullptr;
  auto* const object = new Object;
  object->storage.resize(bytes);
  object->bytes = object->storage.data();
  return reinterpret_cast<T>(object);
}

template <typename T>
cl_int destroy(T object) {
  delete reinterpret_cast<Object*>(object);
  return CL_SUCCESS;
}

Object& of(cl_mem memory) { return *reinterpret_cast<Object*>(memory); }

cl_int command(const char* name, cl_event* event) {
  const cl_int result = outcome(name);
  if (result == CL_SUCCESS && event != nullptr) *event = reinterpret_cast<cl_event>(new Object);
  return result;
}

cl_int give(const void* value, std::size_t bytes, std::size_t room, void* to, std::size_t* size) {
  if (size != nullptr) *size = bytes;
  if (to == nullptr) return CL_SUCCESS;
  if (room < bytes) return CL_INVALID_VALUE;
  std::memcpy(to, value, bytes);
  return CL_SUCCESS;
}
cl_int give_text(const char* text, std::size_t room, void* to, std::size_t* size) { return give(text, std::strlen(text) + 1, room, to, size); }
template <typename T>
cl_int give_number(T number, std::size_t room, void* to, std::size_t* size) { return give(&number, sizeof number, room, to, size); }

int the_platform, the_device;
constexpr char kBinary[] = "a fake binary";

}  // namespace

extern "C" {

int fake_live_objects() { return live.load(); }

cl_int clGetPlatformIDs(cl_uint room, cl_platform_id* ids, cl_uint* count) {
  if (const cl_int result = outcome("clGetPlatformIDs"); result != CL_SUCCESS) return result;
  if (count != nullptr) *count = 1;
  if (ids != nullptr && room > 0) ids[0] = reinterpret_cast<cl_platform_id>(&the_platform);
  return CL_SUCCESS;
}
cl_int clGetPlatformInfo(cl_platform_id, cl_platform_info, std::size_t room, void* to, std::size_t* size) { return give_text("Fake platform", room, to, size); }
cl_int clGetDeviceIDs(cl_platform_id, cl_device_type, cl_uint room, cl_device_id* ids, cl_uint* count) {
  if (const cl_int result = outcome("clGetDeviceIDs"); result != CL_SUCCESS) return result;
  if (count != nullptr) *count = 1;
  if (ids != nullptr && room > 0) ids[0] = reinterpret_cast<cl_device_id>(&the_device);
  return CL_SUCCESS;
}
cl_int clGetDeviceInfo(cl_device_id, cl_device_info what, std::size_t room, void* to, std::size_t* size) {
  if (const cl_int result = outcome("clGetDeviceInfo"); result != CL_SUCCESS) return result;
  switch (what) {
    case CL_DEVICE_NAME: return give_text("Fake GPU", room, to, size);
    case CL_DRIVER_VERSION: return give_text("1.0", room, to, size);
    case CL_DEVICE_EXTENSIONS: return give_text("cl_khr_fp16 cl_khr_icd", room, to, size);
    case CL_DEVICE_TYPE: return give_number<cl_device_type>(CL_DEVICE_TYPE_GPU, room, to, size);
    case CL_DEVICE_GLOBAL_MEM_SIZE: return give_number<cl_ulong>(1 << 20, room, to, size);
    case CL_DEVICE_MAX_MEM_ALLOC_SIZE: return give_number<cl_ulong>(1 << 18, room, to, size);
    case CL_DEVICE_MAX_WORK_GROUP_SIZE: return give_number<std::size_t>(256, room, to, size);
    case CL_DEVICE_AVAILABLE: return give_number<cl_bool>(outcome("available") == CL_SUCCESS, room, to, size);
    case CL_DEVICE_MAX_WORK_ITEM_SIZES: {
      constexpr std::size_t kSizes[3] = {256, 256, 64};
      return give(kSizes, sizeof kSizes, room, to, size);
    }
    default: return CL_INVALID_VALUE;
  }
}
cl_context clCreateContext(const cl_context_properties*, cl_uint, const cl_device_id*, void(CL_CALLBACK*)(const char*, const void*, std::size_t, void*), void*,
                           cl_int* status) {
  return make<cl_context>("clCreateContext", status);
}
cl_int clReleaseContext(cl_context object) { return destroy(object); }
cl_command_queue clCreateCommandQueue(cl_context, cl_device_id, cl_command_queue_properties, cl_int* status) {
  return make<cl_command_queue>("clCreateCommandQueue", status);
}
cl_int clReleaseCommandQueue(cl_command_queue object) { return destroy(object); }
cl_mem clCreateBuffer(cl_context, cl_mem_flags, std::size_t bytes, void*, cl_int* status) {
  if (bytes > 1 << 18 && outcome("clCreateBuffer") == CL_SUCCESS) {
    *status = CL_INVALID_BUFFER_SIZE;
    return nullptr;
  }
  return make<cl_mem>("clCreateBuffer", status, bytes);
}
cl_mem clCreateSubBuffer(cl_mem whole, cl_mem_flags, cl_buffer_create_type, const void* region, cl_int* status) {
  const cl_mem part = make<cl_mem>("clCreateSubBuffer", status);
  if (part != nullptr) of(part).bytes = of(whole).bytes + static_cast<const cl_buffer_region*>(region)->origin;
  return part;
}
cl_mem clCreateImage(cl_context, cl_mem_flags, const cl_image_format*, const cl_image_desc*, void*, cl_int* status) { return make<cl_mem>("clCreateImage", status); }
cl_int clReleaseMemObject(cl_mem object) { return destroy(object); }
cl_program clCreateProgramWithSource(cl_context, cl_uint, const char**, const std::size_t*, cl_int* status) {
  return make<cl_program>("clCreateProgramWithSource", status);
}
cl_program clCreateProgramWithBinary(cl_context, cl_uint, const cl_device_id*, const std::size_t*, const unsigned char**, cl_int* binary_status, cl_int* status) {
  *binary_status = CL_SUCCESS;
  return make<cl_program>("clCreateProgramWithBinary", status);
}
cl_int clBuildProgram(cl_program, cl_uint, const cl_device_id*, const char*, void(CL_CALLBACK*)(cl_program, void*), void*) { return outcome("clBuildProgram"); }
cl_int clGetProgramInfo(cl_program, cl_program_info what, std::size_t, void* to, std::size_t*) {
  if (const cl_int result = outcome("clGetProgramInfo"); result != CL_SUCCESS) return result;
  if (what == CL_PROGRAM_BINARY_SIZES) *static_cast<std::size_t*>(to) = sizeof kBinary;
  else std::memcpy(*static_cast<unsigned char**>(to), kBinary, sizeof kBinary);
  return CL_SUCCESS;
}
cl_int clGetProgramBuildInfo(cl_program, cl_device_id, cl_program_build_info, std::size_t room, void* to, std::size_t* size) {
  return give_text("line 1: no such thing\n2\n3\n4\n5\nline 6\n", room, to, size);
}
cl_int clReleaseProgram(cl_program object) { return destroy(object); }
cl_kernel clCreateKernel(cl_program, const char*, cl_int* status) { return make<cl_kernel>("clCreateKernel", status); }
cl_int clReleaseKernel(cl_kernel object) { return destroy(object); }
cl_int clSetKernelArg(cl_kernel, cl_uint, std::size_t, const void*) { return outcome("clSetKernelArg"); }
cl_int clGetKernelWorkGroupInfo(cl_kernel, cl_device_id, cl_kernel_work_group_info, std::size_t room, void* to, std::size_t* size) {
  return give_number<std::size_t>(128, room, to, size);
}
cl_int clEnqueueNDRangeKernel(cl_command_queue, cl_kernel, cl_uint, const std::size_t*, const std::size_t*, const std::size_t*, cl_uint, const cl_event*, cl_event* event) {
  return command("clEnqueueNDRangeKernel", event);
}
cl_int clEnqueueWriteBuffer(cl_command_queue, cl_mem to, cl_bool, std::size_t offset, std::size_t bytes, const void* from, cl_uint, const cl_event*, cl_event* event) {
  const cl_int result = command("clEnqueueWriteBuffer", event);
  if (result == CL_SUCCESS) std::memcpy(of(to).bytes + offset, from, bytes);
  return result;
}
cl_int clEnqueueReadBuffer(cl_command_queue, cl_mem from, cl_bool, std::size_t offset, std::size_t bytes, void* to, cl_uint, const cl_event*, cl_event* event) {
  const cl_int result = command("clEnqueueReadBuffer", event);
  if (result == CL_SUCCESS) std::memcpy(to, of(from).bytes + offset, bytes);
  return result;
}
cl_int clEnqueueCopyBuffer(cl_command_queue, cl_mem from, cl_mem to, std::size_t, std::size_t, std::size_t bytes, cl_uint, const cl_event*, cl_event* event) {
  const cl_int result = command("clEnqueueCopyBuffer", event);
  if (result == CL_SUCCESS) std::memcpy(of(to).bytes, of(from).bytes, bytes);
  return result;
}
void* clEnqueueMapBuffer(cl_command_queue, cl_mem memory, cl_bool, cl_map_flags, std::size_t, std::size_t, cl_uint, const cl_event*, cl_event*, cl_int* status) {
  *status = outcome("clEnqueueMapBuffer");
  return *status == CL_SUCCESS ? of(memory).bytes : nullptr;
}
cl_int clEnqueueUnmapMemObject(cl_command_queue, cl_mem, void*, cl_uint, const cl_event*, cl_event* event) { return command("clEnqueueUnmapMemObject", event); }
cl_int clFlush(cl_command_queue) { return outcome("clFlush"); }
cl_int clFinish(cl_command_queue) { return outcome("clFinish"); }
cl_int clGetEventProfilingInfo(cl_event, cl_profiling_info what, std::size_t room, void* to, std::size_t* size) {
  if (const cl_int result = outcome("clGetEventProfilingInfo"); result != CL_SUCCESS) return result;
  return give_number<cl_ulong>(what == CL_PROFILING_COMMAND_START ? 1000 : 1250, room, to, size);
}
cl_int clReleaseEvent(cl_event object) { return destroy(object); }

}  // extern "C"

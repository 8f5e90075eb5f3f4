// SPDX-License-Identifier: Apache-2.0
// Device and processor.
#include "handles.h"

using dnntune::Error;
using dnntune::ErrorCode;
using dnntune::capi::guard;
using dnntune::capi::need;

extern "C" {

dnntune_status dnntune_device_local(dnntune_device** device) {
  return guard([&] {
    need(device, "device");
    *device = new dnntune_device(dnntune::Device::local());
  });
}

dnntune_status dnntune_device_from_json(const char* json, dnntune_device** device) {
  return guard([&] {
    need(device, "device");
    *device = new dnntune_device(dnntune::Device::from_json(&need(json, "json")));
  });
}

dnntune_status dnntune_device_json(const dnntune_device* device, const char** json) {
  return guard([&] { need(json, "json") = need(device, "device").json.c_str(); });
}

void dnntune_device_destroy(dnntune_device* device) { delete device; }

dnntune_status dnntune_device_processor(const dnntune_device* device, const char* name, dnntune_processor** processor) {
  return guard([&] {
    need(processor, "processor");
    *processor = new dnntune_processor{need(device, "device").value.processor(&need(name, "name"))};
  });
}

dnntune_status dnntune_device_candidate_count(const dnntune_device* device, size_t* count) {
  return guard([&] { need(count, "count") = need(device, "device").candidates.size(); });
}

dnntune_status dnntune_device_candidate(const dnntune_device* device, size_t index, dnntune_processor** processor) {
  return guard([&] {
    need(processor, "processor");
    *processor = new dnntune_processor{dnntune::capi::at(need(device, "device").candidates, index, "candidate")};
  });
}

dnntune_status dnntune_processor_describe(const dnntune_processor* processor, dnntune_processor_info* info) {
  return guard([&] {
    const dnntune::Processor& value = need(processor, "processor").value;
    need(info, "info") = {value.name.c_str(), value.backend.c_str(), value.cores.data(), value.cores.size(), value.threads, value.active_power_w};
  });
}

dnntune_status dnntune_processor_local(const char* name, dnntune_processor** processor) {
  return guard([&] {
    need(processor, "processor");
    const std::string wanted = &need(name, "name");
    dnntune::Device device = dnntune::Device::local();
    if (wanted.starts_with("opencl")) device.add_accelerators();
    *processor = new dnntune_processor{device.processor(wanted)};
  });
}

dnntune_status dnntune_processor_with_power(const dnntune_processor* processor, double active_power_w, dnntune_processor** powered) {
  return guard([&] {
    need(powered, "powered");
    dnntune::Processor value = need(processor, "processor").value;
    if (!(active_power_w > 0)) throw Error(ErrorCode::invalid_argument, "active_power_w must be positive");
    value.active_power_w = active_power_w;
    value.power_source = "given by the caller";
    *powered = new dnntune_processor{std::move(value)};
  });
}

void dnntune_processor_destroy(dnntune_processor* processor) { delete processor; }

}  // extern "C"

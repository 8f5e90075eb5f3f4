// SPDX-License-Identifier: Apache-2.0
#include "overhead/rate.h"

#include <thread>

#include <fmt/format.h>
#include <httplib.h>

#include "dnntune/dnntune.h"
#include "overhead/request.h"

namespace dnntune::overhead_bench {
namespace {

constexpr const char* kPath = "/v2/models/trivial/infer";

/// One that refuses nobody.
ServerOptions patient(int max_batch) {
  ServerOptions options;
  options.max_batch = max_batch;
  options.max_waiting = options.connections;
  return options;
}

/// An inference of the trivial network, as our client sends it.
std::string inference(std::size_t bytes) {
  const std::string json = fmt::format(
      R"({{"id":"1","inputs":[{{"datatype":"FP32","name":"x","parameters":{{"binary_data_size":{}}},"shape":[1,{}]}}],"parameters":{{"binary_data_output":true}}}})", bytes,
      bytes / sizeof(float));
  return post(kPath, json + std::string(bytes, '\0'), fmt::format("Inference-Header-Content-Length: {}\r\n", json.size()));
}

}  // namespace

struct Servers::Impl {
  explicit Impl(std::size_t size) : bytes(size), ours(Device::local().processor("cpu:all x1"), patient(1)), joining(Device::local().processor("cpu:all x1"), patient(16)) {
    ours.add_model(trivial(bytes));
    ours.start();
    joining.add_model(trivial(bytes, true));
    joining.start();
    echo.Post(kPath, [](const httplib::Request& request, httplib::Response& response) { response.set_content(request.body, "application/octet-stream"); });
    echo.set_tcp_nodelay(true);
    echo.set_keep_alive_max_count(static_cast<std::size_t>(1) << 30);
    echo.new_task_queue = [] { return new httplib::ThreadPool(16); };  // as many as our server has
    echo_port = echo.bind_to_any_port("127.0.0.1");
    thread = std::thread([this] { echo.listen_after_bind(); });
  }
  ~Impl() {
    echo.stop();
    thread.join();
  }
  const std::size_t bytes;
  Server ours, joining;
  httplib::Server echo;
  int echo_port = 0;
  std::thread thread;
};

Servers::Servers(std::size_t bytes) : impl_(std::make_unique<Impl>(bytes)) {
  targets_.push_back({"dnntune", impl_->ours.port(), inference(bytes)});
  targets_.push_back({"dnntune --max-batch 16", impl_->joining.port(), inference(bytes)});
  targets_.push_back({"cpp-httplib echo", impl_->echo_port, inference(bytes)});
}
Servers::~Servers() = default;

void Servers::add_foreign(const std::string& name, int port) { targets_.push_back({name, port, inference(impl_->bytes)}); }

}  // namespace dnntune::overhead_bench

// SPDX-License-Identifier: Apache-2.0
#include "runtime/transfer.h"

#include "base/checked.h"

namespace dnntune::runtime {
namespace {

class Transfer final : public backends::PreparedLayer {
 public:
  Transfer(const PhysicalValue& from, const PhysicalValue& to, backends::DeviceQueue& queue)
      : queue_(queue), from_(from.type), to_(to.type), upload_(from.space == 0), elements_(base::element_count(from.shape, from.name)) {}

  void run(const backends::Buffers& buffers, base::ThreadPool&) const override {
    if (upload_) return queue_.upload(buffers.inputs[0], from_, buffers.outputs[0], to_, elements_);
    queue_.download(buffers.inputs[0], from_, buffers.outputs[0], to_, elements_);
    queue_.finish();
  }
  std::string_view kernel() const noexcept override { return upload_ ? "upload" : "download"; }

 private:
  backends::DeviceQueue& queue_;
  DataType from_, to_;
  bool upload_;
  std::int64_t elements_;
};

}  // namespace

std::unique_ptr<backends::PreparedLayer> make_transfer(const PhysicalValue& from, const PhysicalValue& to, backends::DeviceQueue& queue) {
  return std::make_unique<Transfer>(from, to, queue);
}

}  // namespace dnntune::runtime

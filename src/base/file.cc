// SPDX-License-Identifier: Apache-2.0
#include "base/file.h"

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>
#include <vector>

#include <fmt/format.h>

#include "dnntune/error.h"

namespace dnntune::base {
namespace {

[[noreturn]] void throw_errno(const char* doing, const std::filesystem::path& path) {
  const int code = errno;
  throw Error(code == ENOENT ? ErrorCode::not_found : ErrorCode::io,
              fmt::format("cannot {} '{}': {}", doing, path.string(), std::strerror(code)));
}

class Descriptor {
 public:
  explicit Descriptor(int fd) : fd_(fd) {}
  ~Descriptor() {
    if (fd_ >= 0) ::close(fd_);
  }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  int get() const { return fd_; }

 private:
  int fd_;
};

}  // namespace

std::shared_ptr<const MappedFile> MappedFile::open(const std::filesystem::path& path) {
  const Descriptor fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));  // a FIFO must not block the open
  if (fd.get() < 0) throw_errno("open", path);
  struct stat info {};
  if (::fstat(fd.get(), &info) != 0) throw_errno("stat", path);
  if (!S_ISREG(info.st_mode)) throw Error(ErrorCode::io, fmt::format("'{}' is not a regular file", path.string()));
  std::shared_ptr<MappedFile> file(new MappedFile);
  if (info.st_size == 0) return file;
  void* data = ::mmap(nullptr, static_cast<std::size_t>(info.st_size), PROT_READ, MAP_PRIVATE, fd.get(), 0);
  if (data == MAP_FAILED) throw_errno("map", path);
  file->data_ = static_cast<const std::byte*>(data);
  file->size_ = static_cast<std::size_t>(info.st_size);
  return file;
}

MappedFile::~MappedFile() {
  if (data_ != nullptr) ::munmap(const_cast<std::byte*>(data_), size_);
}

void MappedFile::release_pages() const noexcept {
  if (data_ != nullptr) ::madvise(const_cast<std::byte*>(data_), size_, MADV_DONTNEED);
}

void MappedFile::release_pages(std::span<const std::byte> part) const noexcept {
  if (part.empty()) return;
  const auto page = static_cast<std::size_t>(::sysconf(_SC_PAGESIZE));
  const std::size_t begin = static_cast<std::size_t>(part.data() - data_), first = begin / page * page;
  ::madvise(const_cast<std::byte*>(data_) + first, begin + part.size() - first, MADV_DONTNEED);
}

namespace {

void write_all(const Descriptor& fd, const std::filesystem::path& path, std::span<const std::byte> bytes) {
  std::size_t done = 0;
  while (done < bytes.size()) {
    const ssize_t n = ::write(fd.get(), bytes.data() + done, bytes.size() - done);
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) throw_errno("write", path);
    done += static_cast<std::size_t>(n);
  }
}

}  // namespace

void write_file(const std::filesystem::path& path, std::span<const std::byte> bytes) {
  // A device or a pipe is written to; renaming a file over it would take it away from everybody.
  struct stat info {};
  if (::stat(path.c_str(), &info) == 0 && !S_ISREG(info.st_mode)) {
    const Descriptor fd(::open(path.c_str(), O_WRONLY | O_CLOEXEC));
    if (fd.get() < 0) throw_errno("write", path);
    write_all(fd, path, bytes);
    return;
  }
  std::string temporary = path.string() + ".XXXXXX";
  const Descriptor fd(::mkostemp(temporary.data(), O_CLOEXEC));
  if (fd.get() < 0) throw_errno("create a file beside", path);
  try {
    ::fchmod(fd.get(), 0644);
    write_all(fd, path, bytes);
    if (::fsync(fd.get()) != 0) throw_errno("write", path);
    if (::rename(temporary.c_str(), path.c_str()) != 0) throw_errno("replace", path);
  } catch (...) {
    ::unlink(temporary.c_str());
    throw;
  }
}

void write_file(const std::filesystem::path& path, const std::string& text) {
  write_file(path, std::as_bytes(std::span(text.data(), text.size())));
}

std::string read_text_file(const std::filesystem::path& path) {
  const auto file = MappedFile::open(path);
  const auto bytes = file->bytes();
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

}  // namespace dnntune::base

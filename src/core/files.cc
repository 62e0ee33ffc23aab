#include "core/files.h"

#include <cerrno>
#include <fcntl.h>
#include <fstream>
#include <iterator>
#include <system_error>
#include <unistd.h>
#include <utility>

namespace tandem::core {
namespace {

[[noreturn]] void fail(int error, const std::filesystem::path& path) {
  throw std::system_error(error, std::generic_category(), path.string());
}

/// 0 or errno.
int write_and_sync(int file, std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t count = ::write(file, bytes.data(), bytes.size());
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return errno;
    bytes.remove_prefix(static_cast<std::size_t>(count));
  }
  return ::fsync(file) == 0 ? 0 : errno;
}

}  // namespace

std::optional<std::string> find_file(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) return std::nullopt;
  return std::string(std::istreambuf_iterator<char>(file), {});
}

std::string read_file(const std::filesystem::path& path) {
  auto bytes = find_file(path);
  if (!bytes) fail(errno, path);
  return std::move(*bytes);
}

void write_file_atomically(const std::filesystem::path& path, std::string_view bytes, mode_t mode) {
  const std::filesystem::path temporary = path.string() + ".new";
  // One that was left behind may have other permissions.
  ::unlink(temporary.c_str());
  const int file = ::open(temporary.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode);
  if (file < 0) fail(errno, temporary);
  const int error = write_and_sync(file, bytes);
  ::close(file);
  if (error != 0) fail(error, temporary);
  if (::rename(temporary.c_str(), path.c_str()) != 0) fail(errno, path);
}

}  // namespace tandem::core

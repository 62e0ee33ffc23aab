#include "core/files.h"

#include <algorithm>
#include <cerrno>
#include <fcntl.h>
#include <sys/stat.h>
#include <system_error>
#include <unistd.h>
#include <utility>

namespace tandem::core {
namespace {

[[noreturn]] void fail(int error, const std::filesystem::path& path) {
  std::string what = path.string();
  if (error == ENXIO || error == EISDIR) what += " is " + kind_of(path) + ", not a file";
  throw std::system_error(error, std::generic_category(), what);
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

class Descriptor {
 public:
  explicit Descriptor(int number) : number_(number) {}
  ~Descriptor() {
    if (number_ >= 0) ::close(number_);
  }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  operator int() const { return number_; }  // NOLINT: it is the number

 private:
  int number_;
};

/// Opens a regular file without waiting for anything (a pipe without a writer, a lock) and says its
/// size.
int open_regular(const std::filesystem::path& path, std::size_t& size) {
  const int file = ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
  if (file < 0) return -1;
  struct stat found {};
  int error = ::fstat(file, &found) == 0 ? 0 : errno;
  if (error == 0 && S_ISDIR(found.st_mode)) error = EISDIR;
  if (error == 0 && !S_ISREG(found.st_mode)) error = ENXIO;
  size = static_cast<std::size_t>(found.st_size);
  if (error == 0) return file;
  ::close(file);
  errno = error;
  return -1;
}

/// At most most bytes from offset on.
std::string read_at(int file, const std::filesystem::path& path, std::size_t offset,
                    std::size_t most) {
  std::string bytes(most, '\0');
  std::size_t size = 0;
  while (size < most) {
    const ssize_t got =
        ::pread(file, bytes.data() + size, most - size, static_cast<off_t>(offset + size));
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) fail(errno, path);
    if (got == 0) break;
    size += static_cast<std::size_t>(got);
  }
  bytes.resize(size);
  return bytes;
}

/// Nothing when reading fails half-way. What the kernel makes up (in /proc) says no size.
std::optional<std::string> read_to_end(int file, std::size_t size) {
  constexpr std::size_t kStep = 16 * 1024;
  std::string bytes;
  std::size_t filled = 0;
  for (;;) {
    if (filled == bytes.size()) bytes.resize(std::max(size + 1, filled + std::max(kStep, filled)));
    const ssize_t got = ::read(file, bytes.data() + filled, bytes.size() - filled);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return std::nullopt;
    if (got == 0) break;
    filled += static_cast<std::size_t>(got);
  }
  bytes.resize(filled);
  return bytes;
}

}  // namespace

std::string kind_of(const std::filesystem::path& path) {
  struct stat found {};
  if (::stat(path.c_str(), &found) != 0) {
    if (::lstat(path.c_str(), &found) != 0) return "missing";
    return "a link that leads nowhere";
  }
  switch (found.st_mode & S_IFMT) {
    case S_IFREG:
      return "a file";
    case S_IFDIR:
      return "a folder";
    case S_IFIFO:
      return "a pipe";
    case S_IFSOCK:
      return "a socket";
    default:
      return "a device";
  }
}

std::optional<std::string> find_small_file(const std::filesystem::path& path, std::size_t most) {
  std::size_t size = 0;
  const Descriptor file(open_regular(path, size));
  if (file < 0 && (errno == ENOENT || errno == ENOTDIR)) return std::nullopt;
  if (file < 0) fail(errno, path);
  if (size > most) fail(EFBIG, path);
  return read_at(file, path, 0, size);
}

std::string read_tail(const std::filesystem::path& path, std::size_t most) {
  std::size_t size = 0;
  const Descriptor file(open_regular(path, size));
  if (file < 0) fail(errno, path);
  const std::size_t offset = size > most ? size - most : 0;
  std::string tail = read_at(file, path, offset, size - offset);
  const auto line = offset == 0 ? std::string::npos : tail.find('\n');
  if (line != std::string::npos) tail.erase(0, line + 1);
  return tail;
}

std::optional<std::string> find_file(const std::filesystem::path& path) {
  std::size_t size = 0;
  const Descriptor file(open_regular(path, size));
  if (file < 0) return std::nullopt;
  return read_to_end(file, size);
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
  if (error != 0) {
    ::unlink(temporary.c_str());
    fail(error, temporary);
  }
  if (::rename(temporary.c_str(), path.c_str()) != 0) fail(errno, path);
}

void replace_file(const std::filesystem::path& path, std::string_view bytes, mode_t mode) {
  std::string temporary = path.string() + ".XXXXXX";
  const int file = ::mkostemp(temporary.data(), O_CLOEXEC);
  if (file < 0) fail(errno, temporary);
  int error = ::fchmod(file, mode) == 0 ? 0 : errno;
  while (error == 0 && !bytes.empty()) {
    const ssize_t written = ::write(file, bytes.data(), bytes.size());
    if (written < 0 && errno != EINTR) error = errno;
    if (written > 0) bytes.remove_prefix(static_cast<std::size_t>(written));
  }
  ::close(file);
  if (error == 0 && ::rename(temporary.c_str(), path.c_str()) != 0) error = errno;
  if (error == 0) return;
  ::unlink(temporary.c_str());
  fail(error, path);
}

}  // namespace tandem::core

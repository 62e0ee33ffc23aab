#include "services/s3/store/blob_file.h"

#include <cerrno>
#include <fcntl.h>
#include <sys/stat.h>
#include <system_error>
#include <unistd.h>
#include <utility>

namespace tandem::s3 {

void throw_errno(const std::filesystem::path& path) {
  throw std::system_error(errno, std::generic_category(), path.string());
}

BlobFile::BlobFile(const std::filesystem::path& path, int flags)
    : path_(path), number_(::open(path.c_str(), flags | O_CLOEXEC | O_NONBLOCK | O_NOCTTY, 0600)) {
  struct stat info {};
  if (number_ < 0) return;
  if (::fstat(number_, &info) == 0 && (S_ISREG(info.st_mode) || S_ISDIR(info.st_mode))) return;
  close();
  errno = ENXIO;
}

BlobFile::BlobFile(BlobFile&& other) noexcept
    : path_(std::move(other.path_)), number_(std::exchange(other.number_, -1)) {}

BlobFile& BlobFile::operator=(BlobFile&& other) noexcept {
  if (this == &other) return *this;
  close();
  path_ = std::move(other.path_);
  number_ = std::exchange(other.number_, -1);
  return *this;
}

void BlobFile::close() {
  if (number_ >= 0) ::close(std::exchange(number_, -1));
}

void BlobFile::write(std::string_view bytes) const {
  while (!bytes.empty()) {
    const ssize_t count = ::write(number_, bytes.data(), bytes.size());
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) throw_errno(path_);
    bytes.remove_prefix(static_cast<std::size_t>(count));
  }
}

std::string BlobFile::read(std::uint64_t offset, std::uint64_t length) const {
  std::string bytes(length, '\0');
  std::size_t filled = 0;
  while (filled < length) {
    const ssize_t count = ::pread(number_, bytes.data() + filled, length - filled,
                                  static_cast<off_t>(offset + filled));
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) throw_errno(path_);
    if (count == 0) break;
    filled += static_cast<std::size_t>(count);
  }
  bytes.resize(filled);
  return bytes;
}

std::uint64_t BlobFile::size() const {
  struct stat info {};
  if (::fstat(number_, &info) != 0) throw_errno(path_);
  return static_cast<std::uint64_t>(info.st_size);
}

void BlobFile::flush() const {
  if (::fsync(number_) != 0) throw_errno(path_);
}

}  // namespace tandem::s3

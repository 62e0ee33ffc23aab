// One open file of content. Every call blocks: for a worker.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>

namespace tandem::s3 {

[[noreturn]] void throw_errno(const std::filesystem::path& path);

class BlobFile {
 public:
  BlobFile() = default;
  /// flags as of open(2). Waits for nothing, whatever took the file's place (a pipe). Not open, and
  /// errno says why, when that failed.
  BlobFile(const std::filesystem::path& path, int flags);
  ~BlobFile() { close(); }
  BlobFile(BlobFile&& other) noexcept;
  BlobFile& operator=(BlobFile&& other) noexcept;

  bool is_open() const { return number_ >= 0; }
  const std::filesystem::path& path() const { return path_; }
  /// These throw std::system_error.
  void write(std::string_view bytes) const;
  /// Less than length at the end of the file.
  std::string read(std::uint64_t offset, std::uint64_t length) const;
  std::uint64_t size() const;
  void flush() const;
  void close();

 private:
  std::filesystem::path path_;
  int number_ = -1;
};

}  // namespace tandem::s3

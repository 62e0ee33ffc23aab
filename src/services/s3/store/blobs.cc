#include "services/s3/store/blobs.h"

#include <algorithm>
#include <fcntl.h>
#include <sys/stat.h>
#include <system_error>
#include <unistd.h>

#include "store/space.h"
#include "store/store_failure.h"

namespace tandem::s3 {
namespace {

constexpr std::string_view kUnfinished = ".part";
constexpr std::size_t kCopyStep = 1024 * 1024;

[[noreturn]] void throw_errno(const std::filesystem::path& path) {
  throw std::system_error(errno, std::generic_category(), path.string());
}

class File {
 public:
  /// Waits for nothing, whatever took the file's place (a pipe).
  File(const std::filesystem::path& path, int flags)
      : path_(path),
        number_(::open(path.c_str(), flags | O_CLOEXEC | O_NONBLOCK | O_NOCTTY, 0600)) {
    struct stat info {};
    if (number_ < 0) return;
    if (::fstat(number_, &info) == 0 && (S_ISREG(info.st_mode) || S_ISDIR(info.st_mode))) return;
    ::close(number_);
    number_ = -1;
    errno = ENXIO;
  }
  ~File() {
    if (number_ >= 0) ::close(number_);
  }
  File(const File&) = delete;
  File& operator=(const File&) = delete;

  bool is_open() const { return number_ >= 0; }
  void write(std::string_view bytes) const {
    while (!bytes.empty()) {
      const ssize_t count = ::write(number_, bytes.data(), bytes.size());
      if (count < 0 && errno == EINTR) continue;
      if (count < 0) throw_errno(path_);
      bytes.remove_prefix(static_cast<std::size_t>(count));
    }
  }
  /// Less than length at the end of the file.
  std::string read(std::uint64_t offset, std::uint64_t length) const {
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
  std::uint64_t size() const {
    struct stat info {};
    if (::fstat(number_, &info) != 0) throw_errno(path_);
    return static_cast<std::uint64_t>(info.st_size);
  }
  void flush() const {
    if (::fsync(number_) != 0) throw_errno(path_);
  }

 private:
  std::filesystem::path path_;
  int number_;
};

template <class Fill>
void write_unfinished(const std::filesystem::path& unfinished, Flush flush, Fill fill) {
  const File file(unfinished, O_WRONLY | O_CREAT | O_TRUNC);
  if (!file.is_open()) throw_errno(unfinished);
  fill(file);
  if (flush == Flush::kBeforeAcknowledging) file.flush();
}

/// fill writes the content, size bytes; the file gets its name afterwards.
template <class Fill>
void create(const std::filesystem::path& path, Flush flush, std::uint64_t size, Fill fill) {
  store::require_room(path.parent_path(), size);
  std::filesystem::create_directories(path.parent_path());
  const std::filesystem::path unfinished = path.string() + std::string(kUnfinished);
  try {
    write_unfinished(unfinished, flush, std::move(fill));
  } catch (const std::system_error& error) {
    // On a full disk half a file would be in the way.
    std::error_code ignored;
    std::filesystem::remove(unfinished, ignored);
    if (!store::no_room(error.code())) throw;
    throw store::StoreFailure(store::StoreFailure::Kind::kFull, error.what());
  }
  std::filesystem::rename(unfinished, path);
  if (flush == Flush::kBeforeAcknowledging) File(path.parent_path(), O_RDONLY).flush();
}

}  // namespace

std::filesystem::path Blobs::Files::path(const std::string& id) const {
  return folder / id.substr(0, 2) / id;
}

void Blobs::Files::write(const std::string& id, const std::string& content) const {
  create(path(id), flush, content.size(), [&](const File& file) { file.write(content); });
}

void Blobs::Files::concatenate(const std::vector<std::string>& parts, const std::string& id) const {
  std::uint64_t whole = 0;
  for (const std::string& part : parts) whole += std::filesystem::file_size(path(part));
  create(path(id), flush, whole, [&](const File& file) {
    for (const std::string& part : parts) {
      const File source(path(part), O_RDONLY);
      if (!source.is_open()) throw_errno(path(part));
      const std::uint64_t size = source.size();
      for (std::uint64_t offset = 0; offset < size; offset += kCopyStep) {
        file.write(source.read(offset, std::min<std::uint64_t>(kCopyStep, size - offset)));
      }
    }
  });
}

std::optional<std::string> Blobs::Files::read(const std::string& id, std::uint64_t offset,
                                              std::uint64_t length) const {
  const File file(path(id), O_RDONLY);
  if (!file.is_open()) {
    if (errno == ENOENT) return std::nullopt;
    throw_errno(path(id));
  }
  return file.read(offset, length);
}

void Blobs::Files::remove(const std::vector<std::string>& ids) const {
  for (const std::string& id : ids) {
    std::error_code ignored;
    std::filesystem::remove(path(id), ignored);
  }
}

Blobs::Blobs(std::filesystem::path folder, core::Workers& pool, Flush flush)
    : files_(std::make_shared<const Files>(Files{std::move(folder), flush})), pool_(pool) {}

Task<std::optional<std::string>> Blobs::read(std::string id, std::uint64_t offset,
                                             std::uint64_t length) {
  auto job = [files = files_, id = std::move(id), offset, length] {
    return files->read(id, offset, length);
  };
  co_return co_await core::run_blocking(pool_, std::move(job));
}

Task<void> Blobs::concatenate(std::vector<std::string> parts, std::string id) {
  auto job = [files = files_, parts = std::move(parts), id = std::move(id)] {
    files->concatenate(parts, id);
  };
  co_await core::run_blocking(pool_, std::move(job));
}

Task<void> Blobs::remove(std::vector<std::string> ids) {
  auto job = [files = files_, ids = std::move(ids)] { files->remove(ids); };
  co_await core::run_blocking(pool_, std::move(job));
}

std::optional<std::string> Blobs::read_now(const std::string& id) const {
  const File file(files_->path(id), O_RDONLY);
  if (!file.is_open()) return std::nullopt;
  return file.read(0, file.size());
}

void Blobs::tidy(const std::vector<std::string>& ids) const {
  for (const std::string& id : ids) {
    std::error_code ignored;
    const std::filesystem::path path = files_->path(id);
    std::filesystem::remove(path, ignored);
    std::filesystem::remove(path.string() + std::string(kUnfinished), ignored);
  }
}

}  // namespace tandem::s3

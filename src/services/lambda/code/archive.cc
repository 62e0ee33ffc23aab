#include "services/lambda/code/archive.h"

#include <algorithm>
#include <cerrno>
#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <system_error>
#include <unistd.h>
#include <utility>

#include "core/bytes.h"
#include "core/digest.h"
#include "core/files.h"
#include "core/log.h"
#include "net/descriptor.h"

namespace tandem::lambda {
namespace {

namespace fs = std::filesystem;

/// One open archive, read from its beginning. Every call blocks.
class Reader {
 public:
  Reader(fs::path path, net::Descriptor file, std::uint64_t size, std::string sha256)
      : path_(std::move(path)), file_(std::move(file)), left_(size), sha256_(std::move(sha256)) {}

  /// Empty at the end. Throws BodyError.
  std::string next() {
    std::string slice(std::min<std::uint64_t>(net::kBodySlice, left_), '\0');
    fill(slice);
    if (slice.empty()) return slice;
    left_ -= slice.size();
    digest_.update(slice);
    if (left_ == 0 && core::base64_encode(digest_.finish()) != sha256_) {
      throw net::BodyError(fmt::format("{} is not what was uploaded", path_.string()));
    }
    return slice;
  }

 private:
  void fill(std::string& slice) const {
    std::size_t filled = 0;
    while (filled < slice.size()) {
      const ssize_t got = ::read(file_.get(), slice.data() + filled, slice.size() - filled);
      if (got < 0 && errno == EINTR) continue;
      if (got <= 0) {
        throw net::BodyError(
            fmt::format("{} cannot be read: {}", path_.string(),
                        got == 0 ? "it was cut" : std::generic_category().message(errno)));
      }
      filled += static_cast<std::size_t>(got);
    }
  }

  fs::path path_;
  net::Descriptor file_;
  std::uint64_t left_;
  std::string sha256_;
  core::Digest digest_{core::Digest::Algorithm::kSha256};
};

/// The file is closed on the pool: its name may have gone, and then that gives its room back.
class ArchiveSource final : public net::BodySource {
 public:
  ArchiveSource(core::Workers& pool, std::shared_ptr<Reader> reader, std::uint64_t size)
      : pool_(pool), reader_(std::move(reader)), size_(size) {}
  ~ArchiveSource() override {
    pool_.post([reader = std::move(reader_)]() mutable { reader.reset(); });
  }
  ArchiveSource(const ArchiveSource&) = delete;
  ArchiveSource& operator=(const ArchiveSource&) = delete;

  Task<std::string> next() override {
    if (!failure_.empty()) throw net::BodyError(failure_);
    std::string slice;
    try {
      auto job = [reader = reader_] { return reader->next(); };
      slice = co_await core::run_blocking(pool_, std::move(job));
    } catch (const net::BodyError& error) {
      failure_ = error.message;
    }
    if (failure_.empty()) co_return slice;
    log::error("lambda: {}", failure_);
    throw net::BodyError(failure_);
  }
  std::optional<std::uint64_t> length() const override { return size_; }

 private:
  core::Workers& pool_;
  std::shared_ptr<Reader> reader_;
  std::uint64_t size_;
  std::string failure_;
};

/// Never waits, whatever took the file's place.
net::Descriptor open_regular(const fs::path& path, std::uint64_t size) {
  net::Descriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK));
  struct stat info {};
  const bool good = file.get() >= 0 && ::fstat(file.get(), &info) == 0 && S_ISREG(info.st_mode) &&
                    static_cast<std::uint64_t>(info.st_size) == size;
  return good ? std::move(file) : net::Descriptor();
}

}  // namespace

fs::path archive_path(const fs::path& code_folder, const std::string& code_id) {
  return code_folder / (code_id + std::string(kArchiveSuffix));
}

void write_archive(const fs::path& path, std::string_view bytes, Flush flush) {
  if (flush == Flush::kBeforeAcknowledging) {
    core::write_file_atomically(path, bytes, core::kSecretMode);
  } else {
    core::replace_file(path, bytes, core::kSecretMode);
  }
}

bool is_archive(const fs::path& path, std::uint64_t size) {
  return open_regular(path, size).get() >= 0;
}

Task<std::shared_ptr<net::BodySource>> open_archive(core::Workers& pool, fs::path path,
                                                    std::uint64_t size, std::string sha256) {
  auto job = [path = std::move(path), size, sha256 = std::move(sha256)] {
    net::Descriptor file = open_regular(path, size);
    if (file.get() < 0) return std::shared_ptr<Reader>();
    return std::make_shared<Reader>(path, std::move(file), size, sha256);
  };
  std::shared_ptr<Reader> reader = co_await core::run_blocking(pool, std::move(job));
  if (reader == nullptr) co_return nullptr;
  co_return std::make_shared<ArchiveSource>(pool, std::move(reader), size);
}

}  // namespace tandem::lambda

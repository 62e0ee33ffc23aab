#include "services/s3/store/blobs.h"

#include <algorithm>
#include <fcntl.h>
#include <fmt/format.h>
#include <system_error>

#include "core/bytes.h"
#include "core/digest.h"
#include "core/log.h"
#include "store/space.h"
#include "store/store_failure.h"

namespace tandem::s3 {
namespace {

constexpr std::string_view kUnfinished = ".part";
/// The room on the disk is looked at this often while a file grows.
constexpr std::uint64_t kRoomStep = 16ULL * 1024 * 1024;

std::filesystem::path unfinished_of(const std::filesystem::path& path) {
  return path.string() + std::string(kUnfinished);
}

void remove_files(const std::filesystem::path& path) {
  std::error_code ignored;
  std::filesystem::remove(path, ignored);
  std::filesystem::remove(unfinished_of(path), ignored);
}

}  // namespace

Blobs::Writer::Writer(std::filesystem::path path, Flush flush)
    : path_(std::move(path)), unfinished_(unfinished_of(path_)), flush_(flush) {}

/// A full disk is the store's refusal, whoever finds it.
template <class Function>
void Blobs::Writer::guard_room(Function function) {
  try {
    function();
  } catch (const std::system_error& error) {
    if (!store::no_room(error.code())) throw;
    throw store::StoreFailure(store::StoreFailure::Kind::kFull, error.what());
  }
}

void Blobs::Writer::open(std::optional<std::uint64_t> size) {
  store::require_room(path_.parent_path(), size.value_or(kRoomStep));
  to_come_ = size;
  guard_room([&] {
    std::filesystem::create_directories(path_.parent_path());
    file_ = BlobFile(unfinished_, O_WRONLY | O_CREAT | O_TRUNC);
    if (!file_.is_open()) throw_errno(unfinished_);
  });
}

void Blobs::Writer::write(std::string_view bytes) {
  unchecked_ += bytes.size();
  if (to_come_) *to_come_ -= std::min<std::uint64_t>(*to_come_, bytes.size());
  if (unchecked_ >= kRoomStep) {
    unchecked_ = 0;
    store::require_room(path_.parent_path(), std::min(kRoomStep, to_come_.value_or(kRoomStep)));
    // A little at a time: one flush of all of it would hold the pool.
    if (flush_ == Flush::kBeforeAcknowledging) guard_room([&] { file_.flush(); });
  }
  guard_room([&] { file_.write(bytes); });
}

void Blobs::Writer::commit() {
  guard_room([&] {
    if (flush_ == Flush::kBeforeAcknowledging) file_.flush();
    file_.close();
    std::filesystem::rename(unfinished_, path_);
    if (flush_ == Flush::kBeforeAcknowledging) {
      BlobFile(path_.parent_path(), O_RDONLY).flush();
    }
  });
}

void Blobs::Writer::abandon() {
  file_.close();
  remove_files(path_);
}

struct Blobs::Reader::Check {
  core::Digest digest{core::Digest::Algorithm::kMd5};
  std::string expected;  ///< hex
};

Blobs::Reader::Reader(BlobFile file, BlobRange range)
    : file_(std::move(file)), at_(range.first), left_(range.length) {
  if (!range.is_whole() || range.md5.empty()) return;
  check_ = std::make_shared<Check>();
  check_->expected = std::move(range.md5);
}

std::optional<Blobs::Reader> Blobs::Reader::open(const std::filesystem::path& path,
                                                 BlobRange range) {
  BlobFile file(path, O_RDONLY);
  if (!file.is_open()) {
    if (errno == ENOENT) return std::nullopt;
    throw_errno(path);
  }
  if (file.size() != range.size) {
    throw DamagedBlob(
        fmt::format("{} has {} bytes instead of {}", path.string(), file.size(), range.size));
  }
  return Reader(std::move(file), std::move(range));
}

std::string Blobs::Reader::next(std::size_t most) {
  const std::uint64_t wanted = std::min<std::uint64_t>(most, left_);
  std::string bytes = file_.read(at_, wanted);
  if (bytes.size() != wanted) {
    throw DamagedBlob(fmt::format("{} ends at {}", file_.path().string(), at_ + bytes.size()));
  }
  at_ += wanted;
  left_ -= wanted;
  if (!check_) return bytes;
  check_->digest.update(bytes);
  if (left_ > 0) return bytes;
  const std::string found = core::hex_encode(check_->digest.finish());
  if (found != check_->expected) {
    throw DamagedBlob(fmt::format("{} has the MD5 {} instead of {}", file_.path().string(), found,
                                  check_->expected));
  }
  check_.reset();
  return bytes;
}

namespace {

/// A blob as it is read. The file is closed on the pool: when its name is gone already, that is
/// when the disk's room is given back, which takes a while.
class BlobSource final : public net::BodySource {
 public:
  BlobSource(core::Workers& pool, Blobs::Reader reader)
      : pool_(pool),
        reader_(std::make_shared<Blobs::Reader>(std::move(reader))),
        length_(reader_->left()) {}
  ~BlobSource() override { close(); }
  BlobSource(const BlobSource&) = delete;
  BlobSource& operator=(const BlobSource&) = delete;

  Task<std::string> next() override {
    if (!failure_.empty()) throw net::BodyError(failure_);
    if (!reader_ || reader_->left() == 0) {
      close();
      co_return std::string();
    }
    std::string slice;
    try {
      auto job = [reader = reader_] { return reader->next(net::kBodySlice); };
      slice = co_await core::run_blocking(pool_, std::move(job));
    } catch (const DamagedBlob& error) {
      failure_ = error.message;
    } catch (const std::system_error& error) {
      failure_ = error.what();
    }
    if (failure_.empty()) co_return slice;
    log::error("s3: {}", failure_);
    close();
    throw net::BodyError(failure_);
  }
  std::optional<std::uint64_t> length() const override { return length_; }

 private:
  void close() {
    if (reader_) pool_.post([reader = std::move(reader_)]() mutable { reader.reset(); });
    reader_.reset();
  }

  core::Workers& pool_;
  std::shared_ptr<Blobs::Reader> reader_;
  std::uint64_t length_;
  std::string failure_;
};

}  // namespace

Blobs::Blobs(std::filesystem::path folder, core::Workers& pool, Flush flush)
    : folder_(std::move(folder)), pool_(pool), flush_(flush) {}

std::filesystem::path Blobs::path(const std::string& id) const {
  return folder_ / id.substr(0, 2) / id;
}

Blobs::Writer Blobs::writer(const std::string& id) const { return Writer(path(id), flush_); }

Task<std::optional<std::string>> Blobs::read(BlobRange range) {
  std::filesystem::path at = path(range.blob);
  auto job = [at = std::move(at), range = std::move(range)]() -> std::optional<std::string> {
    const std::uint64_t length = range.length;
    auto reader = Reader::open(at, range);
    if (!reader) return std::nullopt;
    return reader->next(length);
  };
  auto content = co_await core::run_blocking(pool_, std::move(job));
  co_return content;
}

Task<std::shared_ptr<net::BodySource>> Blobs::open(BlobRange range) {
  std::filesystem::path at = path(range.blob);
  auto job = [at = std::move(at), range = std::move(range)] { return Reader::open(at, range); };
  auto reader = co_await core::run_blocking(pool_, std::move(job));
  if (!reader) co_return nullptr;
  co_return std::make_shared<BlobSource>(pool_, std::move(*reader));
}

Task<void> Blobs::remove(std::vector<std::string> ids) {
  std::vector<std::filesystem::path> paths;
  for (const std::string& id : ids) paths.push_back(path(id));
  auto job = [paths = std::move(paths)] {
    for (const auto& at : paths) remove_files(at);
  };
  co_await core::run_blocking(pool_, std::move(job));
}

void Blobs::tidy(const std::vector<std::string>& ids) const {
  for (const std::string& id : ids) remove_files(path(id));
}

}  // namespace tandem::s3

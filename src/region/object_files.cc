#include "region/object_files.h"

#include <chrono>
#include <fcntl.h>
#include <fmt/format.h>
#include <optional>
#include <utility>

#include "aws/error.h"
#include "core/bytes.h"
#include "core/digest.h"
#include "core/log.h"
#include "net/http_client.h"
#include "services/s3/errors.h"
#include "services/s3/store/blob_file.h"
#include "services/s3/store/blobs.h"
#include "store/store.h"

namespace tandem::region {
namespace {

using service::ObjectPlace;
using service::StoredObject;

/// For another region to answer, or to take or give the next slice. A large object's last slice is
/// answered once the region has it on its disk.
constexpr std::chrono::milliseconds kPatience{30'000};
/// What is hashed before others have a turn on the pool.
constexpr std::size_t kHashedInARow = 4 * 1024 * 1024;

aws::ApiError unavailable(std::string why) { return {503, "ServiceUnavailable", std::move(why)}; }

/// A file's content, as long as it was when it was opened.
class FileSource final : public net::BodySource {
 public:
  FileSource(core::Workers& pool, std::shared_ptr<const s3::BlobFile> file, std::uint64_t length)
      : pool_(pool), file_(std::move(file)), length_(length) {}

  Task<std::string> next() override {
    const std::uint64_t wanted = std::min<std::uint64_t>(net::kBodySlice, length_ - at_);
    if (wanted == 0) co_return std::string();
    std::string slice;
    try {
      auto job = [file = file_, at = at_, wanted] { return file->read(at, wanted); };
      slice = co_await core::run_blocking(pool_, std::move(job));
    } catch (const std::system_error& error) {
      broken_ = error.what();
    }
    if (broken_.empty() && slice.size() != wanted) {
      broken_ = fmt::format("{} was cut at {}", file_->path().string(), at_ + slice.size());
    }
    if (!broken_.empty()) {
      log::error("{}", broken_);
      throw net::BodyError(broken_);
    }
    at_ += wanted;
    co_return slice;
  }
  std::optional<std::uint64_t> length() const override { return length_; }

 private:
  core::Workers& pool_;
  std::shared_ptr<const s3::BlobFile> file_;
  std::uint64_t length_;
  std::uint64_t at_ = 0;
  std::string broken_;
};

/// On the pool.
std::shared_ptr<const s3::BlobFile> open_file(const std::filesystem::path& path) {
  auto file = std::make_shared<s3::BlobFile>(path, O_RDONLY);
  if (!file->is_open()) s3::throw_errno(path);
  return file;
}

/// In hex: another region is told of it before the content is on its way.
Task<std::string> sha256_of(core::Workers* pool, std::shared_ptr<const s3::BlobFile> file,
                            std::uint64_t length) {
  const auto digest = std::make_shared<core::Digest>(core::Digest::Algorithm::kSha256);
  for (std::uint64_t at = 0; at < length; at += kHashedInARow) {
    auto job = [file, digest, at, end = std::min(length, at + kHashedInARow)] {
      for (std::uint64_t from = at; from < end; from += net::kBodySlice) {
        digest->update(file->read(from, std::min<std::uint64_t>(net::kBodySlice, end - from)));
      }
    };
    co_await core::run_blocking(*pool, std::move(job));
  }
  co_return core::hex_encode(digest->finish());
}

/// A file on its way: under its name, for its owner alone, once it is complete.
struct Incoming {
  explicit Incoming(std::filesystem::path path) : writer(std::move(path), s3::Flush::kNo) {}
  s3::Blobs::Writer writer;
  std::uint64_t bytes = 0;
};

Task<void> pull(core::Workers* pool, std::shared_ptr<Incoming> to, service::Streamed from,
                std::uint64_t limit) {
  const auto announced = json::find_int(from.result.output, "ContentLength");
  if (!announced || static_cast<std::uint64_t>(*announced) > limit) {
    throw s3::errors::entity_too_large();
  }
  const auto size = static_cast<std::uint64_t>(*announced);
  auto begin = [to, size] { to->writer.open(size); };
  co_await core::run_blocking(*pool, std::move(begin));
  for (;;) {
    std::string slice = std::exchange(from.result.payload, {});
    if (from.source) slice = co_await from.source->next();
    if (slice.empty()) break;
    to->bytes += slice.size();
    if (to->bytes > size) throw net::BodyError("more came than was announced");
    auto write = [to, slice = std::move(slice)] { to->writer.write(slice); };
    co_await core::run_blocking(*pool, std::move(write));
  }
  if (to->bytes != size) throw net::BodyError("less came than was announced");
  auto end = [to] { to->writer.commit(); };
  co_await core::run_blocking(*pool, std::move(end));
}

StoredObject stored(const json::object& output, std::uint64_t bytes) {
  return {.etag = json::string_or(output, "ETag"),
          .version = json::string_or(output, "VersionId"),
          .bytes = bytes};
}

/// What the file, the disk or the way from another region did, as an operation of S3 would say it.
[[noreturn]] void rethrow_as_api_error(const ObjectPlace& place) {
  const std::string what = fmt::format("s3://{}/{}", place.bucket, place.key);
  try {
    throw;
  } catch (const net::BodyError& error) {
    throw unavailable(fmt::format("{} broke off: {}", what, error.message));
  } catch (const net::NetError& error) {
    throw unavailable(fmt::format("{} broke off: {}", what, error.message));
  } catch (const store::StoreError& error) {
    throw unavailable(fmt::format("{}: {}", what, error.message));
  } catch (const std::system_error& error) {
    log::error("{}: {}", what, error.what());
    throw unavailable(fmt::format("{}: {}", what, error.code().message()));
  }
}

}  // namespace

bool RegionObjectFiles::is_here(const ObjectPlace& place) const {
  return place.region.empty() || place.region == own_;
}

Task<service::Streamed> RegionObjectFiles::ask(aws::ApiCall call, service::Content content) {
  return call.region.empty() || call.region == own_
             ? here_.stream(std::move(call), std::move(content))
             : regions_.stream(std::move(call), kPatience, std::move(content));
}

Task<StoredObject> RegionObjectFiles::fetch(ObjectPlace place, std::filesystem::path file,
                                            std::uint64_t limit, std::string caller) {
  aws::ApiCall call{.region = place.region,
                    .service = "s3",
                    .operation = "GetObject",
                    .input = {{"Bucket", place.bucket}, {"Key", place.key}},
                    .payload = "",
                    .caller = std::move(caller)};
  if (!place.version.empty()) call.input["VersionId"] = place.version;
  service::Streamed got = co_await ask(std::move(call), service::Content());
  const json::object output = got.result.output;
  const auto to = std::make_shared<Incoming>(std::move(file));
  std::exception_ptr failure;
  try {
    co_await pull(&pool_, to, std::move(got), limit);
  } catch (...) {
    failure = std::current_exception();
  }
  if (failure) {
    // Also when it was cancelled: nothing may be left of it.
    co_await asio::this_coro::throw_if_cancelled(false);
    auto abandon = [to] { to->writer.abandon(); };
    co_await core::run_blocking(pool_, std::move(abandon));
    std::rethrow_exception(failure);
  }
  co_return stored(output, to->bytes);
}

Task<StoredObject> RegionObjectFiles::read(ObjectPlace place, std::filesystem::path file,
                                           std::uint64_t limit, std::string caller) {
  std::error_code ignored;
  if (std::filesystem::exists(std::filesystem::symlink_status(file, ignored))) {
    throw aws::ApiError(500, "InternalError",
                        fmt::format("There is a file {} already", file.string()));
  }
  try {
    StoredObject object = co_await fetch(place, std::move(file), limit, std::move(caller));
    co_return object;
  } catch (const aws::ApiError&) {
    throw;
  } catch (...) {
    rethrow_as_api_error(place);
  }
}

Task<StoredObject> RegionObjectFiles::send(ObjectPlace place, std::filesystem::path file,
                                           json::object more, std::string caller) {
  auto open = [path = std::move(file)] { return open_file(path); };
  const auto opened = co_await core::run_blocking(pool_, std::move(open));
  const std::uint64_t bytes = opened->size();
  service::Content content;
  content.source = std::make_shared<FileSource>(pool_, opened, bytes);
  if (!is_here(place)) content.sha256 = co_await sha256_of(&pool_, opened, bytes);
  aws::ApiCall call{.region = place.region,
                    .service = "s3",
                    .operation = "PutObject",
                    .input = std::move(more),
                    .payload = "",
                    .caller = std::move(caller)};
  call.input["Bucket"] = place.bucket;
  call.input["Key"] = place.key;
  const service::Streamed put = co_await ask(std::move(call), std::move(content));
  co_return stored(put.result.output, bytes);
}

Task<StoredObject> RegionObjectFiles::write(ObjectPlace place, std::filesystem::path file,
                                            json::object more, std::string caller) {
  try {
    StoredObject object = co_await send(place, std::move(file), std::move(more), std::move(caller));
    co_return object;
  } catch (const aws::ApiError&) {
    throw;
  } catch (...) {
    rethrow_as_api_error(place);
  }
}

}  // namespace tandem::region

#include "services/s3/api/content.h"

#include <utility>

#include "aws/payload_stream.h"
#include "core/bytes.h"
#include "core/log.h"
#include "core/text.h"
#include "net/http_client.h"
#include "services/s3/errors.h"

namespace tandem::s3::api {
namespace {

/// What is copied before others have a turn on the pool.
constexpr std::size_t kCopyPiece = 1024 * 1024;
constexpr int kPiecesInARow = 4;
/// Answers up to this size are read at once: they are checked before their first byte goes out.
constexpr std::uint64_t kReadAtOnce = net::kBodySlice;

/// A file on its way and what is known of it so far. On the pool.
struct Receiving {
  Receiving(Blobs::Writer given_writer, ExpectedDigests expected)
      : writer(std::move(given_writer)), digesting(std::move(expected)) {}

  void open(std::optional<std::uint64_t> announced) { writer.open(announced); }

  void add(std::string_view bytes) {
    digesting.update(bytes);
    writer.write(bytes);
    received.size += bytes.size();
  }
  void add(aws::PayloadStream& stream, std::string_view slice) {
    content.clear();
    stream.feed(slice, content);
    add(content);
  }
  Received finish(const net::Headers& trailers) {
    received.digests = digesting.finish(trailers);
    writer.commit();
    return std::move(received);
  }

  Blobs::Writer writer;
  Digesting digesting;
  std::string content;
  Received received;
};
using ReceivingPtr = std::shared_ptr<Receiving>;

Task<Received> receive_whole(Scope* scope, RequestContext* context, ReceivingPtr at) {
  auto job = [at, content = std::move(context->payload)] {
    // A digest that is wrong costs no file.
    at->digesting.update(content);
    at->received.digests = at->digesting.finish({});
    at->open(content.size());
    at->writer.write(content);
    at->writer.commit();
    at->received.size = content.size();
    return std::move(at->received);
  };
  Received received = co_await scope->blobs.on_pool(std::move(job));
  co_return received;
}

Task<Received> receive_stream(Scope* scope, std::shared_ptr<aws::PayloadStream> stream,
                              ReceivingPtr at) {
  auto begin = [at, size = stream->content_length()] { at->open(size); };
  co_await scope->blobs.on_pool(std::move(begin));
  for (;;) {
    std::string slice = co_await stream->source().next();
    if (slice.empty()) break;
    auto add = [at, stream, slice = std::move(slice)] { at->add(*stream, slice); };
    co_await scope->blobs.on_pool(std::move(add));
  }
  auto end = [at, stream] {
    const net::Headers trailers = stream->finish();
    return at->finish(trailers);
  };
  Received received = co_await scope->blobs.on_pool(std::move(end));
  co_return received;
}

/// Pieces being put together. On the pool.
struct Copying {
  Blobs::Writer writer;
  std::vector<BlobRange> pieces;
  std::vector<std::filesystem::path> paths;
  std::size_t next = 0;
  std::optional<Blobs::Reader> reader = std::nullopt;
  core::Digest md5{core::Digest::Algorithm::kMd5};
  Copied copied = {};

  enum class State { kMore, kDone, kGone };
  /// A few milliseconds' worth.
  State step() {
    for (int i = 0; i < kPiecesInARow; ++i) {
      if (!reader || reader->left() == 0) {
        if (next == pieces.size()) return finish();
        reader = Blobs::Reader::open(paths[next], pieces[next]);
        if (!reader) return State::kGone;
        ++next;
      }
      const std::string bytes = reader->next(kCopyPiece);
      md5.update(bytes);
      writer.write(bytes);
      copied.size += bytes.size();
    }
    return State::kMore;
  }
  State finish() {
    copied.md5 = md5.finish();
    writer.commit();
    return State::kDone;
  }
};

[[noreturn]] void throw_damaged(const DamagedBlob& damaged) {
  log::error("s3: {}", damaged.message);
  throw internal_error();
}

Task<bool> copy_steps(Scope* scope, std::shared_ptr<Copying> at) {
  std::uint64_t whole = 0;
  for (const BlobRange& piece : at->pieces) whole += piece.length;
  auto begin = [at, whole] { at->writer.open(whole); };
  co_await scope->blobs.on_pool(std::move(begin));
  for (;;) {
    auto step = [at] { return at->step(); };
    const Copying::State state = co_await scope->blobs.on_pool(std::move(step));
    if (state != Copying::State::kMore) co_return state == Copying::State::kDone;
  }
}

/// A file that comes from another region. On the pool.
struct Fetching {
  Blobs::Writer writer;
  core::Digest md5{core::Digest::Algorithm::kMd5};
  Copied copied = {};

  void add(std::string_view bytes) {
    md5.update(bytes);
    writer.write(bytes);
    copied.size += bytes.size();
  }
  Copied finish() {
    copied.md5 = md5.finish();
    writer.commit();
    return std::move(copied);
  }
};

Task<Copied> fetch_steps(Scope* scope, std::shared_ptr<Fetching> at, FarObject object) {
  const auto announced =
      static_cast<std::uint64_t>(json::int_or(object.output, "ContentLength", 0));
  auto begin = [at, announced] { at->writer.open(announced); };
  co_await scope->blobs.on_pool(std::move(begin));
  for (;;) {
    std::string slice = std::exchange(object.content, {});
    if (object.source) slice = co_await object.source->next();
    if (slice.empty()) break;
    auto add = [at, slice = std::move(slice)] { at->add(slice); };
    co_await scope->blobs.on_pool(std::move(add));
  }
  auto end = [at] { return at->finish(); };
  Copied copied = co_await scope->blobs.on_pool(std::move(end));
  co_return copied;
}

/// Closed and removed on the pool: giving room back to the disk takes its time.
template <class Writing>
Task<void> abandon(Scope* scope, std::shared_ptr<Writing> at) {
  auto job = [at] { at->writer.abandon(); };
  co_await scope->blobs.on_pool(std::move(job));
}

}  // namespace

ExpectedDigests expected_digests(const RequestContext& context, const json::object& input) {
  return read_digests(input, context.http,
                      context.stream ? Trailers::kToCome : Trailers::kAmongHeaders);
}

Task<Received> receive(Scope* scope, RequestContext* context, std::string blob,
                       ExpectedDigests expected) {
  const auto at = std::make_shared<Receiving>(scope->blobs.writer(blob), std::move(expected));
  Received received;
  std::exception_ptr failure;
  try {
    Task<Received> receiving = context->stream ? receive_stream(scope, context->stream, at)
                                               : receive_whole(scope, context, at);
    received = co_await std::move(receiving);
  } catch (...) {
    failure = std::current_exception();
  }
  if (failure) {
    // Also when it was cancelled: nothing may be left of it.
    co_await asio::this_coro::throw_if_cancelled(false);
    co_await abandon(scope, at);
    std::rethrow_exception(failure);
  }
  co_return received;
}

Task<std::optional<Copied>> copy_content(Scope* scope, std::vector<BlobRange> pieces,
                                         std::string blob) {
  std::vector<std::filesystem::path> paths;
  for (const BlobRange& piece : pieces) paths.push_back(scope->blobs.path(piece.blob));
  const auto at = std::make_shared<Copying>(Copying{
      .writer = scope->blobs.writer(blob), .pieces = std::move(pieces), .paths = std::move(paths)});
  bool done = false;
  std::exception_ptr failure;
  try {
    done = co_await copy_steps(scope, at);
  } catch (const DamagedBlob& damaged) {
    log::error("s3: {}", damaged.message);
    failure = std::make_exception_ptr(internal_error());
  } catch (...) {
    failure = std::current_exception();
  }
  if (!done) {
    co_await asio::this_coro::throw_if_cancelled(false);  // as in receive()
    co_await abandon(scope, at);
  }
  if (failure) std::rethrow_exception(failure);
  if (!done) co_return std::nullopt;
  co_return std::move(at->copied);
}

namespace {

Task<Copied> fetch_content(Scope* scope, FarObject object, std::string blob) {
  const auto at = std::make_shared<Fetching>(Fetching{.writer = scope->blobs.writer(blob)});
  std::exception_ptr failure;
  Copied copied;
  try {
    copied = co_await fetch_steps(scope, at, std::move(object));
  } catch (const net::BodyError&) {
    failure = std::make_exception_ptr(errors::source_broke_off());
  } catch (const net::NetError&) {
    failure = std::make_exception_ptr(errors::source_broke_off());
  } catch (...) {
    failure = std::current_exception();
  }
  if (failure) {
    co_await asio::this_coro::throw_if_cancelled(false);  // as in receive()
    co_await abandon(scope, at);
    std::rethrow_exception(failure);
  }
  co_return copied;
}

/// A part of what was found: never of what has taken its place.
Task<FarObject> get_part(Scope* scope, const CopySource* source, ByteRange range) {
  json::object input{
      {"Bucket", source->name.bucket},
      {"Key", source->name.key},
      {"IfMatch", source->object.etag},
      {"Range", fmt::format("bytes={}-{}", range.first, range.first + range.length - 1)}};
  if (!source->object.version.empty()) input["VersionId"] = source->object.version;
  try {
    FarObject found = co_await scope->names->get(source->region, std::move(input));
    co_return found;
  } catch (const aws::ApiError& error) {
    if (error.code() != "PreconditionFailed") throw;
  }
  throw errors::conditional_conflict();
}

}  // namespace

Task<Copied> copy_source(Scope* scope, CopySource source, ByteRange range, std::string blob) {
  if (!source.region.empty()) {
    const bool whole = range.first == 0 && range.length == source.object.size;
    if (!whole) source.far = co_await get_part(scope, &source, range);
    Copied fetched = co_await fetch_content(scope, std::move(source.far), std::move(blob));
    co_return fetched;
  }
  std::vector<BlobRange> pieces;
  pieces.push_back(range_of(source.object, range));
  std::optional<Copied> copied = co_await copy_content(scope, std::move(pieces), std::move(blob));
  if (!copied) {
    require_replaced(*scope, source.name.bucket, source.name.key, source.object);
    throw errors::conditional_conflict();
  }
  co_return std::move(*copied);
}

BlobRange range_of(const Object& object, const ByteRange& range) {
  return {.blob = object.blob,
          .size = object.size,
          .md5 = object.content_md5(),
          .first = range.first,
          .length = range.length};
}

BlobRange range_of(const Part& part) {
  // A part's tag is its MD5, in quotes.
  return {.blob = part.blob,
          .size = part.size,
          .md5 = part.etag.size() == 34 ? part.etag.substr(1, 32) : std::string(),
          .first = 0,
          .length = part.size};
}

Task<bool> deliver(Scope* scope, BlobRange range, Reply* reply) {
  try {
    if (range.length <= kReadAtOnce) {
      std::optional<std::string> content = co_await scope->blobs.read(std::move(range));
      if (content) reply->payload = std::move(*content);
      co_return content.has_value();
    }
    reply->source = co_await scope->blobs.open(std::move(range));
    co_return reply->source != nullptr;
  } catch (const DamagedBlob& damaged) {
    throw_damaged(damaged);
  }
}

void require_replaced(const Scope& scope, std::string_view bucket, std::string_view key,
                      const Object& version) {
  const auto object = scope.catalog.versions().find(bucket, key, version.version_name());
  if (!object || object->blob != version.blob) return;
  log::error("s3: {}/{} has lost its file {}", bucket, key,
             scope.blobs.path(version.blob).string());
  throw internal_error();
}

}  // namespace tandem::s3::api

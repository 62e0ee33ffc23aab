#include "services/s3/api/content.h"

#include "aws/payload_stream.h"
#include "core/bytes.h"
#include "core/log.h"
#include "core/text.h"

namespace tandem::s3::api {
namespace {

/// What is copied before others have a turn on the pool.
constexpr std::size_t kCopyPiece = 1024 * 1024;
constexpr int kPiecesInARow = 4;
/// Answers up to this size are read at once: they are checked before their first byte goes out.
constexpr std::uint64_t kReadAtOnce = net::kBodySlice;

/// A file on its way and what is known of it so far. On the pool.
struct Receiving {
  Receiving(Blobs::Writer writer, ExpectedDigests expected)
      : writer(std::move(writer)), digesting(std::move(expected)) {}

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
                      const std::string& blob) {
  const auto object = scope.catalog.object(bucket, key);
  if (!object || object->blob != blob) return;
  log::error("s3: {}/{} has lost its file {}", bucket, key, scope.blobs.path(blob).string());
  throw internal_error();
}

}  // namespace tandem::s3::api

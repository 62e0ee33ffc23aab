// The content of a request whose body is a source: what an operation of S3 gets instead of bytes.
//
// Slices are pulled on the loop; decoding and hashing them costs time, so that is for a worker:
//
//   while (slice = co_await stream->source().next(); !slice.empty())
//     … on a worker: stream->feed(slice, content), write content …
//   … on a worker: trailers = stream->finish()
//
// Nothing of the content may be kept for good before finish() has returned.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "aws/aws_chunked.h"
#include "core/digest.h"
#include "net/body.h"
#include "net/http.h"

namespace tandem::aws {

class PayloadStream {
 public:
  /// Takes the source from the request, which stays the head, and takes aws-chunked off its
  /// Content-Encoding.
  PayloadStream(net::HttpRequest& request, std::optional<SigningContext> signing);

  net::BodySource& source() { return *source_; }
  /// Of the content, when the head says it.
  std::optional<std::uint64_t> content_length() const;

  /// Appends the content of a slice. Throws ApiError in S3's words.
  void feed(std::string_view slice, std::string& content);
  /// Everything is in: checks the length, the signatures, the trailing checksums and
  /// x-amz-content-sha256. Throws ApiError in S3's words. Returns the trailers.
  net::Headers finish();

 private:
  struct Announced {
    explicit Announced(std::string given) : hex(std::move(given)) {}
    std::string hex;
    core::Digest digest{core::Digest::Algorithm::kSha256};
  };

  std::shared_ptr<net::BodySource> source_;
  std::optional<AwsChunkedDecoder> decoder_;
  std::optional<Announced> announced_;
};

}  // namespace tandem::aws

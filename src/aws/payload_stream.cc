#include "aws/payload_stream.h"

#include <utility>

#include "aws/sigv4.h"
#include "core/bytes.h"
#include "core/check.h"
#include "core/text.h"

namespace tandem::aws {

PayloadStream::PayloadStream(net::HttpRequest& request, std::optional<SigningContext> signing)
    : source_(std::exchange(request.source, nullptr)) {
  CHECK(source_ != nullptr);
  if (is_aws_chunked(request)) {
    decoder_.emplace(request.headers, std::move(signing));
    hide_aws_chunked(request.headers);
  }
  const auto hash = request.headers.get_or("x-amz-content-sha256");
  if (hash.size() == 64) announced_.emplace(core::to_lower(hash));
}

std::optional<std::uint64_t> PayloadStream::content_length() const {
  return decoder_ ? decoder_->content_length() : source_->length();
}

void PayloadStream::feed(std::string_view slice, std::string& content) {
  if (announced_) announced_->digest.update(slice);
  if (decoder_) {
    decoder_->feed(slice, content);
  } else {
    content += slice;
  }
}

net::Headers PayloadStream::finish() {
  if (announced_) {
    const std::string computed = core::hex_encode(announced_->digest.finish());
    if (computed != announced_->hex) throw content_sha256_mismatch(announced_->hex, computed);
  }
  return decoder_ ? decoder_->finish() : net::Headers();
}

}  // namespace tandem::aws

#include "aws/aws_chunked.h"

#include <algorithm>
#include <fmt/format.h>

#include "core/bytes.h"
#include "core/text.h"

namespace tandem::aws {
namespace {

constexpr std::size_t kMaxTrailers = 16;
constexpr std::size_t kMaxLine = 8 * 1024;

ApiError incomplete_body() {
  return {400, "IncompleteBody", "The request body terminated unexpectedly"};
}

ApiError malformed_trailer() {
  return {400, "MalformedTrailerError",
          "The request contained trailing data that was not well-formed or did not conform to our "
          "published schema."};
}

ApiError signature_mismatch() {
  return {403, "SignatureDoesNotMatch",
          "The request signature we calculated does not match the signature you provided. Check "
          "your key and signing method."};
}

std::optional<std::uint64_t> parse_hex(std::string_view text) {
  if (text.empty() || text.size() > 8) return std::nullopt;
  std::uint64_t value = 0;
  for (const char c : text) {
    const int digit = c >= '0' && c <= '9'   ? c - '0'
                      : c >= 'a' && c <= 'f' ? c - 'a' + 10
                      : c >= 'A' && c <= 'F' ? c - 'A' + 10
                                             : -1;
    if (digit < 0) return std::nullopt;
    value = value * 16 + static_cast<std::uint64_t>(digit);
  }
  return value;
}

}  // namespace

AwsChunkedDecoder::AwsChunkedDecoder(const net::Headers& head,
                                     std::optional<SigningContext> signing)
    : signing_(std::move(signing)) {
  if (signing_) previous_signature_ = signing_->seed_signature;
  if (const auto length = head.get("x-amz-decoded-content-length")) {
    content_length_ = core::parse_uint(*length);
    if (!content_length_) throw incomplete_body();
  }
  for (const auto promised : core::split(head.get_or("x-amz-trailer"), ',')) {
    std::string name = core::to_lower(core::trim(promised));
    if (name.empty()) continue;
    if (promised_.size() + promised_others_.size() == kMaxTrailers) throw malformed_trailer();
    if (const auto algorithm = checksum_algorithm(name)) {
      promised_.emplace(std::move(name), Checksum(*algorithm));
    } else {
      promised_others_.push_back(std::move(name));
    }
  }
}

void AwsChunkedDecoder::feed(std::string_view coded, std::string& content) {
  while (!coded.empty() && state_ != State::kDone) {
    if (state_ == State::kData) {
      take_data(coded, content);
    } else if (take_line(coded)) {
      on_line();
      line_.clear();
    }
  }
}

/// False when the line's end has not come yet.
bool AwsChunkedDecoder::take_line(std::string_view& coded) {
  const auto end = coded.find('\n');
  const std::string_view part = coded.substr(0, end);
  if (line_.size() + part.size() > kMaxLine) throw incomplete_body();
  line_ += part;
  if (end == std::string_view::npos) {
    coded = {};
    return false;
  }
  coded.remove_prefix(end + 1);
  if (line_.empty() || line_.back() != '\r') throw incomplete_body();
  line_.pop_back();
  return true;
}

void AwsChunkedDecoder::take_data(std::string_view& coded, std::string& content) {
  const std::string_view data = coded.substr(0, std::min<std::uint64_t>(remaining_, coded.size()));
  coded.remove_prefix(data.size());
  remaining_ -= data.size();
  decoded_ += data.size();
  if (content_length_ && decoded_ > *content_length_) throw incomplete_body();
  if (signing_) chunk_digest_.update(data);
  for (auto& [name, checksum] : promised_) checksum.update(data);
  content += data;
  if (remaining_ > 0) return;
  end_chunk();
  state_ = State::kDataEnd;
}

void AwsChunkedDecoder::on_line() {
  switch (state_) {
    case State::kSize:
      return on_size_line();
    case State::kDataEnd:
      if (!line_.empty()) throw incomplete_body();
      state_ = State::kSize;
      return;
    default:
      return on_trailer_line();
  }
}

void AwsChunkedDecoder::on_size_line() {
  const std::string_view head = line_;
  const auto semicolon = head.find(';');
  const auto size = parse_hex(core::trim(head.substr(0, semicolon)));
  if (!size) throw incomplete_body();
  if (signing_) {
    constexpr std::string_view kName = "chunk-signature=";
    const std::string_view extension =
        semicolon == std::string_view::npos ? "" : head.substr(semicolon + 1);
    if (!extension.starts_with(kName)) throw signature_mismatch();
    chunk_signature_ = extension.substr(kName.size());
  }
  remaining_ = *size;
  state_ = State::kData;
  if (*size > 0) return;
  end_chunk();
  state_ = State::kTrailer;
}

void AwsChunkedDecoder::end_chunk() {
  if (!signing_) return;
  const std::string hashes =
      core::hex_encode(core::sha256("")) + "\n" + core::hex_encode(chunk_digest_.finish());
  verify("AWS4-HMAC-SHA256-PAYLOAD", hashes, chunk_signature_);
}

/// Each signature is over the one before it; the first over the request's own.
void AwsChunkedDecoder::verify(std::string_view kind, std::string_view hashes,
                               std::string_view given) {
  const auto text = fmt::format("{}\n{}\n{}\n{}\n{}", kind, signing_->date_time, signing_->scope,
                                previous_signature_, hashes);
  const auto expected = core::hex_encode(core::hmac_sha256(signing_->signing_key, text));
  if (!core::equal_constant_time(expected, given)) throw signature_mismatch();
  previous_signature_ = expected;
}

void AwsChunkedDecoder::on_trailer_line() {
  const std::string_view field = line_;
  if (field.empty()) {
    state_ = State::kDone;
    return;
  }
  const auto colon = field.find(':');
  // Lines, not names: one that comes again and again would replace itself for ever.
  if (colon == std::string_view::npos || ++trailer_lines_ > kMaxTrailers) throw incomplete_body();
  const auto name = core::to_lower(core::trim(field.substr(0, colon)));
  const auto value = core::trim(field.substr(colon + 1));
  if (name == "x-amz-trailer-signature") {
    if (signing_) {
      verify("AWS4-HMAC-SHA256-TRAILER", core::hex_encode(core::sha256(canonical_trailers_)),
             value);
    }
    trailer_signed_ = true;
    return;
  }
  if (signing_) canonical_trailers_ += fmt::format("{}:{}\n", name, value);
  check_checksum(name, value);
  trailers_.set(name, value);
}

void AwsChunkedDecoder::check_checksum(std::string_view name, std::string_view value) {
  const auto promised = promised_.find(name);
  if (promised == promised_.end()) {
    // One that nobody announced was not computed, and is not believed.
    if (checksum_algorithm(name)) throw malformed_trailer();
    return;
  }
  const std::string computed = promised->second.base64();
  promised_.erase(promised);
  if (computed == value) return;
  const auto label = core::to_upper(name.substr(std::string_view("x-amz-checksum-").size()));
  throw ApiError(400, "BadDigest",
                 fmt::format("The {} you specified did not match the calculated checksum.", label));
}

net::Headers AwsChunkedDecoder::finish() {
  // The empty line after the last chunk may be missing, but not half of another.
  const bool ended = state_ == State::kDone || (state_ == State::kTrailer && line_.empty());
  if (!ended || (content_length_ && decoded_ != *content_length_)) throw incomplete_body();
  // A trailer that nothing signs must not pass for a signed one.
  if (signing_ && !canonical_trailers_.empty() && !trailer_signed_) throw signature_mismatch();
  const bool missing = std::any_of(promised_others_.begin(), promised_others_.end(),
                                   [&](const auto& name) { return !trailers_.contains(name); });
  if (!promised_.empty() || missing) throw malformed_trailer();
  return std::move(trailers_);
}

bool is_aws_chunked(const net::HttpRequest& request) {
  return request.headers.get_or("x-amz-content-sha256").starts_with("STREAMING-") ||
         request.headers.get_or("Content-Encoding").find("aws-chunked") != std::string_view::npos;
}

void hide_aws_chunked(net::Headers& headers) {
  std::string kept;
  for (const auto coding : core::split(headers.get_or("Content-Encoding"), ',')) {
    const auto name = core::trim(coding);
    if (name.empty() || name == "aws-chunked") continue;
    if (!kept.empty()) kept += ",";
    kept += name;
  }
  headers.erase("Content-Encoding");
  if (!kept.empty()) headers.set("Content-Encoding", kept);
}

void decode_aws_chunked(net::HttpRequest& request, const std::optional<SigningContext>& signing) {
  AwsChunkedDecoder decoder(request.headers, signing);
  std::string content;
  content.reserve(request.body.size());
  decoder.feed(request.body, content);
  for (const auto& [name, value] : decoder.finish()) request.headers.set(name, value);
  request.body = std::move(content);
  hide_aws_chunked(request.headers);
}

}  // namespace tandem::aws

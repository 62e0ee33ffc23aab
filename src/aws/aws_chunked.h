// The aws-chunked content coding: how S3 clients stream bodies.
//
// "<hex size>[;chunk-signature=<hex>]\r\n<data>\r\n … 0[;…]\r\n<trailers>\r\n\r\n". Which of it is
// signed is said by x-amz-content-sha256 (STREAMING-AWS4-HMAC-SHA256-PAYLOAD[-TRAILER],
// STREAMING-UNSIGNED-PAYLOAD-TRAILER).
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "aws/checksum.h"
#include "aws/error.h"
#include "aws/sigv4.h"
#include "core/digest.h"
#include "net/http.h"

namespace tandem::aws {

bool is_aws_chunked(const net::HttpRequest& request);
/// What is stored is the decoded object: the coding must not show in its metadata.
void hide_aws_chunked(net::Headers& headers);

/// Takes the coding off, in pieces of any size. Pure: no I/O, any thread. What feed() gives out
/// must not be used for good before finish() has found the whole right.
class AwsChunkedDecoder {
 public:
  /// head says the content's length and the checksums that will trail. Chunk signatures are
  /// verified when signing is given.
  AwsChunkedDecoder(const net::Headers& head, std::optional<SigningContext> signing);

  /// Appends content. Throws ApiError in S3's words.
  void feed(std::string_view coded, std::string& content);
  /// The trailers, when everything is in and right: length, trailing checksums, signatures. Throws
  /// ApiError in S3's words.
  net::Headers finish();

  std::optional<std::uint64_t> content_length() const { return content_length_; }

 private:
  enum class State { kSize, kData, kDataEnd, kTrailer, kDone };
  bool take_line(std::string_view& coded);
  void take_data(std::string_view& coded, std::string& content);
  void on_line();
  void on_size_line();
  void on_trailer_line();
  void verify(std::string_view kind, std::string_view hashes, std::string_view given);
  void end_chunk();
  void check_checksum(std::string_view name, std::string_view value);

  std::optional<SigningContext> signing_;
  std::optional<std::uint64_t> content_length_;
  std::map<std::string, Checksum, std::less<>> promised_;  ///< by the trailer's name
  std::vector<std::string> promised_others_;
  State state_ = State::kSize;
  std::string line_;
  std::uint64_t remaining_ = 0;  ///< of the chunk
  std::uint64_t decoded_ = 0;
  core::Digest chunk_digest_{core::Digest::Algorithm::kSha256};
  std::string chunk_signature_;
  std::string previous_signature_;
  std::string canonical_trailers_;
  net::Headers trailers_;
  std::size_t trailer_lines_ = 0;
  bool trailer_signed_ = false;
};

/// Replaces the body by its decoded form and adds the trailers to the headers. Throws ApiError in
/// S3's words.
void decode_aws_chunked(net::HttpRequest& request, const std::optional<SigningContext>& signing);

}  // namespace tandem::aws

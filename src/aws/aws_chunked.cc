#include "aws/aws_chunked.h"

#include <fmt/format.h>

#include "aws/checksum.h"
#include "core/bytes.h"
#include "core/text.h"

namespace tandem::aws {
namespace {

constexpr std::size_t kMaxTrailers = 16;

ApiError incomplete_body() {
  return {400, "IncompleteBody", "The request body terminated unexpectedly"};
}

ApiError signature_mismatch() {
  return {403, "SignatureDoesNotMatch",
          "The request signature we calculated does not match the signature you provided. Check "
          "your key and signing method."};
}

std::optional<std::size_t> parse_hex(std::string_view text) {
  if (text.empty() || text.size() > 8) return std::nullopt;
  std::size_t value = 0;
  for (const char c : text) {
    const int digit = c >= '0' && c <= '9'   ? c - '0'
                      : c >= 'a' && c <= 'f' ? c - 'a' + 10
                      : c >= 'A' && c <= 'F' ? c - 'A' + 10
                                             : -1;
    if (digit < 0) return std::nullopt;
    value = value * 16 + static_cast<std::size_t>(digit);
  }
  return value;
}

class Decoder {
 public:
  Decoder(net::HttpRequest& request, const std::optional<SigningContext>& signing)
      : request_(request), signing_(signing), rest_(request.body) {
    if (signing_) previous_ = signing_->seed_signature;
  }

  void run() {
    std::string body;
    body.reserve(request_.body.size());
    while (true) {
      auto head = line();
      const auto semicolon = head.find(';');
      const auto size = parse_hex(core::trim(head.substr(0, semicolon)));
      if (!size || *size > rest_.size()) throw incomplete_body();
      const auto data = rest_.substr(0, *size);
      rest_.remove_prefix(*size);
      check_chunk(semicolon == std::string_view::npos ? "" : head.substr(semicolon + 1), data);
      if (*size == 0) break;
      body += data;
      if (!line().empty()) throw incomplete_body();
    }
    trailers(body);
    request_.body = std::move(body);
  }

 private:
  std::string_view line() {
    const auto end = rest_.find("\r\n");
    if (end == std::string_view::npos) throw incomplete_body();
    const auto text = rest_.substr(0, end);
    rest_.remove_prefix(end + 2);
    return text;
  }

  void verify(std::string_view kind, std::string_view hashes, std::string_view given) {
    const SigningContext& signing = *signing_;
    const auto text = fmt::format("{}\n{}\n{}\n{}\n{}", kind, signing.date_time, signing.scope,
                                  previous_, hashes);
    const auto expected = core::hex_encode(core::hmac_sha256(signing.signing_key, text));
    if (!core::equal_constant_time(expected, given)) throw signature_mismatch();
    previous_ = expected;
  }

  void check_chunk(std::string_view extension, std::string_view data) {
    if (!signing_) return;
    constexpr std::string_view kName = "chunk-signature=";
    if (!extension.starts_with(kName)) throw signature_mismatch();
    verify("AWS4-HMAC-SHA256-PAYLOAD",
           core::hex_encode(core::sha256("")) + "\n" + core::hex_encode(core::sha256(data)),
           extension.substr(kName.size()));
  }

  void trailers(std::string_view body) {
    std::string canonical;
    std::size_t count = 0;
    while (!rest_.empty()) {
      const auto field = line();
      if (field.empty()) break;
      const auto colon = field.find(':');
      if (colon == std::string_view::npos || ++count > kMaxTrailers) throw incomplete_body();
      const auto name = core::to_lower(core::trim(field.substr(0, colon)));
      const auto value = core::trim(field.substr(colon + 1));
      if (name == "x-amz-trailer-signature") {
        if (signing_) {
          verify("AWS4-HMAC-SHA256-TRAILER", core::hex_encode(core::sha256(canonical)), value);
        }
        trailer_signed_ = true;
        continue;
      }
      canonical += fmt::format("{}:{}\n", name, value);
      check_trailer(name, value, body);
      request_.headers.set(name, value);
    }
    // A trailer that nothing signs must not pass for a signed one.
    if (signing_ && !canonical.empty() && !trailer_signed_) throw signature_mismatch();
    for (const auto promised : core::split(request_.headers.get_or("x-amz-trailer"), ',')) {
      const auto name = core::trim(promised);
      if (!name.empty() && !request_.headers.contains(name)) {
        throw ApiError(400, "MalformedTrailerError",
                       "The request contained trailing data that was not well-formed or did not "
                       "conform to our published schema.");
      }
    }
  }

  void check_trailer(std::string_view name, std::string_view value, std::string_view body) const {
    const auto algorithm = checksum_algorithm(name);
    if (!algorithm || checksum_base64(*algorithm, body) == value) return;
    const auto label = core::to_upper(name.substr(std::string_view("x-amz-checksum-").size()));
    throw ApiError(
        400, "BadDigest",
        fmt::format("The {} you specified did not match the calculated checksum.", label));
  }

  net::HttpRequest& request_;
  const std::optional<SigningContext>& signing_;
  std::string_view rest_;
  std::string previous_;
  bool trailer_signed_ = false;
};

}  // namespace

bool is_aws_chunked(const net::HttpRequest& request) {
  return request.headers.get_or("x-amz-content-sha256").starts_with("STREAMING-") ||
         request.headers.get_or("Content-Encoding").find("aws-chunked") != std::string_view::npos;
}

void decode_aws_chunked(net::HttpRequest& request, const std::optional<SigningContext>& signing) {
  Decoder(request, signing).run();
  const auto length = request.headers.get("x-amz-decoded-content-length");
  if (length && core::parse_uint(*length) != request.body.size()) throw incomplete_body();
  // What is stored is the decoded object: the coding must not show in its metadata.
  std::string kept;
  for (const auto coding : core::split(request.headers.get_or("Content-Encoding"), ',')) {
    const auto name = core::trim(coding);
    if (name.empty() || name == "aws-chunked") continue;
    if (!kept.empty()) kept += ",";
    kept += name;
  }
  request.headers.erase("Content-Encoding");
  if (!kept.empty()) request.headers.set("Content-Encoding", kept);
}

}  // namespace tandem::aws

// HTTP messages from anyone: heads and chunked bodies, whole and in pieces. And what comes before
// them over TLS, the ClientHello.
//
// sources: src/core/check.cc src/core/bytes.cc src/core/text.cc src/net/http.cc
// sources: src/net/http_parser.cc src/net/client_hello.cc
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>
#include <variant>

#include "net/client_hello.h"
#include "net/http_parser.h"

namespace {

using tandem::net::ChunkDecoder;
using tandem::net::HeadScanner;

constexpr std::size_t kBodyLimit = 4096;

void require(bool holds) {
  if (!holds) std::abort();
}

/// The end of a head must not depend on how the bytes arrive.
std::size_t scan_in_pieces(std::string_view bytes, std::size_t step) {
  HeadScanner scanner;
  for (std::size_t size = step; size < bytes.size() + step; size += step) {
    const auto result = scanner.scan(bytes.substr(0, size));
    if (result == HeadScanner::Result::kFound) return scanner.size();
    if (result == HeadScanner::Result::kBad) return 0;
  }
  return 0;
}

/// Read as the server does: it comes to an end, and never goes past the bound.
void read_hello(std::string_view bytes) {
  std::size_t size = 0;
  for (;;) {
    const std::size_t missing = tandem::net::missing_of_client_hello(bytes.substr(0, size));
    if (missing == 0) {
      require(tandem::net::server_name_in(bytes.substr(0, size)).size() <= 253);
      return;
    }
    require(size + missing <= tandem::net::kMostOfHello);
    if (size + missing > bytes.size()) return;
    size += missing;
  }
}

struct Decoded {
  ChunkDecoder::Result result = ChunkDecoder::Result::kMore;
  std::string body;
};

Decoded decode_in_pieces(std::string_view bytes, std::size_t step) {
  ChunkDecoder decoder(kBodyLimit);
  Decoded decoded;
  while (!bytes.empty() && decoded.result == ChunkDecoder::Result::kMore) {
    const std::string_view piece = bytes.substr(0, step);
    std::string_view input = piece;
    decoded.result = decoder.feed(input, decoded.body);
    bytes.remove_prefix(piece.size() - input.size());
  }
  require(decoded.body.size() <= kBodyLimit);
  return decoded;
}

void check_request(std::string_view head) {
  const auto parsed = tandem::net::parse_request_head(head);
  if (const auto* request = std::get_if<tandem::net::RequestHead>(&parsed)) {
    require(!request->method.empty() && !request->target.empty());
    require(!(request->framing.chunked && request->framing.content_length));
    for (const auto& [name, value] : request->headers) {
      require(tandem::net::is_token(name) && tandem::net::is_field_value(value));
    }
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const std::size_t step = 1 + data[0] % 16;
  const std::string_view bytes(reinterpret_cast<const char*>(data + 1), size - 1);

  read_hello(bytes);
  const std::size_t whole = scan_in_pieces(bytes, bytes.size() + 1);
  require(whole == scan_in_pieces(bytes, step));
  if (whole > 0) {
    check_request(bytes.substr(0, whole));
    (void)tandem::net::parse_response_head(bytes.substr(0, whole));
  }
  const std::string_view body = bytes.substr(whole);
  const Decoded at_once = decode_in_pieces(body, body.size() + 1);
  const Decoded in_pieces = decode_in_pieces(body, step);
  require(at_once.result == in_pieces.result && at_once.body == in_pieces.body);
  (void)tandem::net::parse_query(bytes);
  return 0;
}

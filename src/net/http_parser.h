// The bytes of HTTP/1.x messages (RFC 9112), as pure functions: no I/O, no coroutines, every loop
// bounded by its input. Strict where leniency lets two parsers disagree about where a message ends
// (request smuggling): CRLF only, no folded fields, one meaning of the body's length.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include "net/http.h"

namespace tandem::net {

/// Why a message was refused, with the status a server answers it with.
struct HttpSyntaxError {
  int status = 400;
  std::string why;
};

/// What follows the head.
struct BodyFraming {
  bool chunked = false;
  std::optional<std::uint64_t> content_length;
};

struct RequestHead {
  std::string method;
  std::string target;  ///< origin form ("/path?query") or "*"
  Headers headers;
  BodyFraming framing;
  bool http_1_0 = false;
  bool keep_alive = true;
  bool expect_continue = false;
};

struct ResponseHead {
  int status = 0;
  Headers headers;
  BodyFraming framing;
  bool keep_alive = true;
};

/// Looks for the empty line that ends a head. Feed the same growing buffer again and again: what
/// was scanned is not scanned twice.
class HeadScanner {
 public:
  enum class Result { kMore, kFound, kBad };
  /// kFound: size() is the head's length with its empty line. kBad: a line feed without its
  /// carriage return.
  Result scan(std::string_view buffer);
  std::size_t size() const { return line_; }
  void reset() { *this = HeadScanner(); }

 private:
  std::size_t line_ = 0;     ///< where the current line starts
  std::size_t scanned_ = 0;  ///< no line feed before this
};

/// head ends with its empty line, as HeadScanner found it.
std::variant<RequestHead, HttpSyntaxError> parse_request_head(std::string_view head);
std::variant<ResponseHead, HttpSyntaxError> parse_response_head(std::string_view head);

/// Takes the chunked transfer coding off a body (RFC 9112 §7.1). Extensions and trailer fields are
/// read over, within bounds.
class ChunkDecoder {
 public:
  enum class Result { kMore, kDone, kBad, kTooLarge };
  explicit ChunkDecoder(std::size_t limit) : limit_(limit) {}
  /// Consumes from the front of input, appends the content to body (which may have been emptied in
  /// between: the limit is for all). On kDone input is what follows the body.
  Result feed(std::string_view& input, std::string& body);
  /// The fields after the body, once it is done.
  Headers take_trailers() { return std::move(trailers_); }

 private:
  enum class State { kSize, kData, kDataEnd, kTrailer };
  std::optional<Result> take_line(std::string_view& input);
  std::optional<Result> on_line();

  State state_ = State::kSize;
  std::size_t limit_;
  std::uint64_t remaining_ = 0;
  std::uint64_t announced_ = 0;  ///< the chunks' sizes so far
  std::size_t trailer_bytes_ = 0;
  std::string line_;  ///< a line still without its end
  Headers trailers_;
};

/// True for a value that may stand in a field line: no control characters but tab.
bool is_field_value(std::string_view text);
/// RFC 9110 §5.6.2.
bool is_token(std::string_view text);

}  // namespace tandem::net

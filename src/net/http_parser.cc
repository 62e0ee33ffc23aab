#include "net/http_parser.h"

#include <array>
#include <cstring>

#include "core/text.h"

namespace tandem::net {
namespace {

// More fields than any client sends; bounds the work a head can cause.
constexpr std::size_t kMaxFields = 256;
// A chunk's size line with its extensions, and all trailer fields together.
constexpr std::size_t kMaxChunkLine = 4096;
constexpr std::size_t kMaxTrailer = 16 * 1024;

constexpr std::array<bool, 256> make_token_table() {
  std::array<bool, 256> table{};
  for (int c = '0'; c <= '9'; ++c) table[c] = true;
  for (int c = 'a'; c <= 'z'; ++c) table[c] = true;
  for (int c = 'A'; c <= 'Z'; ++c) table[c] = true;
  for (const char c : std::string_view("!#$%&'*+-.^_`|~"))
    table[static_cast<unsigned char>(c)] = true;
  return table;
}
constexpr std::array<bool, 256> kToken = make_token_table();

std::string_view trim_blanks(std::string_view text) {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.remove_suffix(1);
  return text;
}

/// Takes the next line, without CRLF. The caller knows that there is one.
std::string_view next_line(std::string_view& text) {
  const auto end = text.find("\r\n");
  const std::string_view line = text.substr(0, end);
  text.remove_prefix(end == std::string_view::npos ? text.size() : end + 2);
  return line;
}

bool is_digit(char c) { return c >= '0' && c <= '9'; }

HttpSyntaxError bad(std::string why) { return {400, std::move(why)}; }

/// Fields up to the empty line.
std::optional<HttpSyntaxError> parse_fields(std::string_view text, Headers& headers) {
  for (std::size_t count = 0;; ++count) {
    const std::string_view line = next_line(text);
    if (line.empty()) return std::nullopt;
    if (count == kMaxFields) return HttpSyntaxError{431, "Too many header fields"};
    // RFC 9112 §5.2: a server must reject a folded line or unfold it.
    if (line.front() == ' ' || line.front() == '\t') return bad("Folded header field");
    const auto colon = line.find(':');
    if (colon == std::string_view::npos || !is_token(line.substr(0, colon))) {
      return bad("Malformed header field");
    }
    const std::string_view value = trim_blanks(line.substr(colon + 1));
    if (!is_field_value(value)) return bad("Malformed header field value");
    headers.add(line.substr(0, colon), value);
  }
}

/// Calls visit with each element of a comma-separated list until it returns false.
template <class Visit>
bool for_each_element(std::string_view list, Visit visit) {
  for (;;) {
    const auto comma = list.find(',');
    if (!visit(trim_blanks(list.substr(0, comma)))) return false;
    if (comma == std::string_view::npos) return true;
    list.remove_prefix(comma + 1);
  }
}

/// What the fields say about body and connection, gathered in one pass.
struct Framing {
  BodyFraming body;
  int transfer_encodings = 0;
  bool close = false;
  bool keep_alive = false;
  std::optional<HttpSyntaxError> error;
};

void read_content_length(std::string_view value, Framing& framing) {
  // RFC 9112 §6.3: a list of the same value may be taken as that value.
  const bool valid = for_each_element(value, [&](std::string_view element) {
    if (element.empty() || !is_digit(element.front())) return false;
    const auto length = core::parse_uint(element);
    if (!length) return false;
    if (framing.body.content_length && *framing.body.content_length != *length) return false;
    framing.body.content_length = length;
    return true;
  });
  if (!valid) framing.error = bad("Invalid Content-Length");
}

void read_transfer_encoding(std::string_view value, Framing& framing) {
  ++framing.transfer_encodings;
  if (core::equals_ignoring_case(value, "chunked")) {
    framing.body.chunked = true;
  } else {
    framing.error = HttpSyntaxError{501, "Transfer-Encoding is not supported"};
  }
}

Framing read_framing(const Headers& headers) {
  Framing framing;
  for (const auto& [name, value] : headers) {
    // Lengths first: most fields are none of these.
    if (name.size() == 14 && core::equals_ignoring_case(name, "content-length")) {
      read_content_length(value, framing);
    } else if (name.size() == 17 && core::equals_ignoring_case(name, "transfer-encoding")) {
      read_transfer_encoding(value, framing);
    } else if (name.size() == 10 && core::equals_ignoring_case(name, "connection")) {
      for_each_element(value, [&](std::string_view option) {
        if (core::equals_ignoring_case(option, "close")) framing.close = true;
        if (core::equals_ignoring_case(option, "keep-alive")) framing.keep_alive = true;
        return true;
      });
    }
    if (framing.error) return framing;
  }
  if (framing.transfer_encodings > 1) framing.error = bad("Repeated Transfer-Encoding");
  return framing;
}

bool is_host(std::string_view host) {
  for (const char c : host) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte <= 0x20 || byte >= 0x7F || std::strchr("\"<>\\^`{|}/?#@", c) != nullptr) return false;
  }
  return true;
}

/// RFC 9112 §3.2: exactly one Host in 1.1, and a valid one.
std::optional<HttpSyntaxError> check_host(const RequestHead& head) {
  std::size_t count = 0;
  for (const auto& [name, value] : head.headers) {
    if (name.size() != 4 || !core::equals_ignoring_case(name, "host")) continue;
    if (++count > 1) return bad("Repeated Host");
    if (!is_host(value)) return bad("Malformed Host");
  }
  if (count == 0 && !head.http_1_0) return bad("Missing Host");
  return std::nullopt;
}

std::optional<HttpSyntaxError> read_version(std::string_view version, RequestHead& head) {
  if (version.size() != 8 || !version.starts_with("HTTP/") || !is_digit(version[5]) ||
      version[6] != '.' || !is_digit(version[7])) {
    return bad("Malformed request line");
  }
  if (version[5] != '1') return HttpSyntaxError{505, "HTTP version is not supported"};
  head.http_1_0 = version[7] == '0';
  return std::nullopt;
}

/// RFC 9112 §3.2.2: a server must accept the absolute form, whose authority replaces Host.
std::optional<HttpSyntaxError> read_target(std::string_view target, RequestHead& head,
                                           std::string& authority) {
  for (const char c : target) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte <= 0x20 || byte >= 0x7F) return bad("Malformed request target");
  }
  if (head.method == "CONNECT") return HttpSyntaxError{501, "CONNECT is not supported"};
  if (target.front() == '/' || (target == "*" && head.method == "OPTIONS")) {
    head.target = target;
    return std::nullopt;
  }
  const auto scheme = target.find("://");
  if (scheme == std::string_view::npos) return bad("Malformed request target");
  const std::string scheme_name =
      core::to_lower(target.substr(0, std::min<std::size_t>(scheme, 8)));
  if (scheme_name != "http" && scheme_name != "https") return bad("Malformed request target");
  target.remove_prefix(scheme + 3);
  const auto end = target.find_first_of("/?#");
  authority = target.substr(0, end);
  if (authority.empty() || !is_host(authority)) return bad("Malformed request target");
  head.target = end == std::string_view::npos ? "/" : target.substr(end);
  if (head.target.front() != '/') head.target.insert(0, 1, '/');
  return std::nullopt;
}

std::optional<HttpSyntaxError> read_request_line(std::string_view line, RequestHead& head,
                                                 std::string& authority) {
  const auto first = line.find(' ');
  const auto last = line.rfind(' ');
  if (first == std::string_view::npos || last == first) return bad("Malformed request line");
  const std::string_view method = line.substr(0, first);
  const std::string_view target = line.substr(first + 1, last - first - 1);
  if (!is_token(method) || target.empty()) return bad("Malformed request line");
  if (auto error = read_version(line.substr(last + 1), head)) return error;
  head.method = method;
  return read_target(target, head, authority);
}

std::optional<HttpSyntaxError> read_expectation(RequestHead& head) {
  const auto expect = head.headers.get("expect");
  // RFC 9110 §10.1.1: ignored in a 1.0 request.
  if (!expect || head.http_1_0) return std::nullopt;
  if (!core::equals_ignoring_case(*expect, "100-continue")) {
    return HttpSyntaxError{417, "Expectation is not supported"};
  }
  head.expect_continue = true;
  return std::nullopt;
}

}  // namespace

bool is_token(std::string_view text) {
  for (const char c : text) {
    if (!kToken[static_cast<unsigned char>(c)]) return false;
  }
  return !text.empty();
}

bool is_field_value(std::string_view text) {
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if ((byte < 0x20 && c != '\t') || byte == 0x7F) return false;
  }
  return true;
}

HeadScanner::Result HeadScanner::scan(std::string_view buffer) {
  while (scanned_ < buffer.size()) {
    const void* found = std::memchr(buffer.data() + scanned_, '\n', buffer.size() - scanned_);
    if (found == nullptr) {
      scanned_ = buffer.size();
      return Result::kMore;
    }
    const std::size_t at =
        static_cast<std::size_t>(static_cast<const char*>(found) - buffer.data());
    if (at == line_ || buffer[at - 1] != '\r') return Result::kBad;
    const bool empty = at == line_ + 1;
    line_ = scanned_ = at + 1;
    if (empty) return Result::kFound;
  }
  return Result::kMore;
}

std::variant<RequestHead, HttpSyntaxError> parse_request_head(std::string_view head) {
  RequestHead parsed;
  std::string authority;
  if (auto error = read_request_line(next_line(head), parsed, authority)) return *error;
  if (auto error = parse_fields(head, parsed.headers)) return *error;
  if (auto error = check_host(parsed)) return *error;
  Framing framing = read_framing(parsed.headers);
  if (framing.error) return *framing.error;
  // RFC 9112 §6.1: both lengths, or a coding that 1.0 does not know, is a smuggling attempt.
  if (framing.body.chunked && framing.body.content_length) {
    return bad("Both Transfer-Encoding and Content-Length");
  }
  if (framing.body.chunked && parsed.http_1_0) return bad("Transfer-Encoding in HTTP/1.0");
  if (auto error = read_expectation(parsed)) return *error;
  if (!authority.empty()) parsed.headers.set("Host", authority);
  parsed.framing = framing.body;
  parsed.keep_alive = !framing.close && (!parsed.http_1_0 || framing.keep_alive);
  return parsed;
}

std::variant<ResponseHead, HttpSyntaxError> parse_response_head(std::string_view head) {
  const std::string_view line = next_line(head);
  const bool valid = line.size() >= 12 && line.starts_with("HTTP/1.") && is_digit(line[7]) &&
                     line[8] == ' ' && line[9] >= '1' && line[9] <= '9' && is_digit(line[10]) &&
                     is_digit(line[11]) && (line.size() == 12 || line[12] == ' ');
  if (!valid) return bad("Malformed status line");
  ResponseHead parsed;
  parsed.status = (line[9] - '0') * 100 + (line[10] - '0') * 10 + (line[11] - '0');
  if (auto error = parse_fields(head, parsed.headers)) return *error;
  Framing framing = read_framing(parsed.headers);
  if (framing.error) return *framing.error;
  parsed.framing = framing.body;
  // RFC 9112 §6.3: Transfer-Encoding overrides; such a connection is not used again.
  const bool both = framing.body.chunked && framing.body.content_length.has_value();
  if (both) parsed.framing.content_length.reset();
  parsed.keep_alive = !both && !framing.close && (line[7] != '0' || framing.keep_alive);
  return parsed;
}

std::optional<ChunkDecoder::Result> ChunkDecoder::take_line(std::string_view& input) {
  const auto end = input.find('\n');
  const std::string_view part = input.substr(0, end);
  const std::size_t most = state_ == State::kTrailer ? kMaxTrailer : kMaxChunkLine;
  if (line_.size() + part.size() > most) return Result::kBad;
  line_ += part;
  if (end == std::string_view::npos) {
    input = {};
    return Result::kMore;
  }
  input.remove_prefix(end + 1);
  if (line_.empty() || line_.back() != '\r') return Result::kBad;
  line_.pop_back();
  return std::nullopt;
}

std::optional<ChunkDecoder::Result> ChunkDecoder::on_line() {
  if (state_ == State::kDataEnd) {
    if (!line_.empty()) return Result::kBad;
    state_ = State::kSize;
    return std::nullopt;
  }
  if (state_ == State::kTrailer) {
    trailer_bytes_ += line_.size();
    if (line_.empty()) return Result::kDone;
    if (trailer_bytes_ > kMaxTrailer || !is_field_value(line_)) return Result::kBad;
    const std::size_t colon = line_.find(':');
    if (colon != std::string::npos && is_token(std::string_view(line_).substr(0, colon))) {
      trailers_.add(std::string_view(line_).substr(0, colon),
                    core::trim(std::string_view(line_).substr(colon + 1)));
    }
    return std::nullopt;
  }
  std::uint64_t size = 0;
  std::size_t digits = 0;
  for (; digits < line_.size(); ++digits) {
    const char c = line_[digits];
    const int digit = is_digit(c)              ? c - '0'
                      : (c >= 'a' && c <= 'f') ? c - 'a' + 10
                      : (c >= 'A' && c <= 'F') ? c - 'A' + 10
                                               : -1;
    if (digit < 0) break;
    if (digits == 15) return Result::kBad;
    size = size * 16 + static_cast<std::uint64_t>(digit);
  }
  const std::string_view extension = trim_blanks(std::string_view(line_).substr(digits));
  if (digits == 0 || (!extension.empty() && extension.front() != ';') ||
      !is_field_value(extension)) {
    return Result::kBad;
  }
  if (size > limit_ - announced_) return Result::kTooLarge;
  announced_ += size;
  remaining_ = size;
  state_ = size == 0 ? State::kTrailer : State::kData;
  return std::nullopt;
}

ChunkDecoder::Result ChunkDecoder::feed(std::string_view& input, std::string& body) {
  while (!input.empty()) {
    if (state_ == State::kData) {
      const std::size_t count = std::min<std::uint64_t>(remaining_, input.size());
      body.append(input.data(), count);
      input.remove_prefix(count);
      remaining_ -= count;
      if (remaining_ == 0) state_ = State::kDataEnd;
      continue;
    }
    if (const auto result = take_line(input)) return *result;
    const auto result = on_line();
    line_.clear();
    if (result) return *result;
  }
  return Result::kMore;
}

}  // namespace tandem::net

// How answers look on the wire, and the buffer requests are read into.
#include <cstring>
#include <fmt/format.h>
#include <iterator>

#include "core/text.h"
#include "net/http_connection.h"

namespace tandem::net {
namespace {

/// The server decides about these; a handler's values are not sent.
bool is_servers_own(std::string_view name) {
  switch (name.size()) {
    case 4:
      return core::equals_ignoring_case(name, "date");
    case 10:
      return core::equals_ignoring_case(name, "connection") ||
             core::equals_ignoring_case(name, "keep-alive");
    case 14:
      return core::equals_ignoring_case(name, "content-length");
    case 17:
      return core::equals_ignoring_case(name, "transfer-encoding");
    default:
      return false;
  }
}

std::uint64_t content_length_of(const HttpResponse& response, std::string_view method) {
  if (response.source) return response.source->length().value_or(0);
  // RFC 9110 §8.6: the answer to HEAD says the length that GET would have.
  if (method == "HEAD" && response.body.empty()) {
    const auto given = core::parse_uint(response.headers.get_or("Content-Length"));
    if (given) return *given;
  }
  return response.body.size();
}

}  // namespace

bool has_no_content(int status) { return status == 204 || status == 304; }

bool render_head(const HttpResponse& response, std::string_view method, Persistence persistence,
                 OpenEnd open_end, std::string_view date, std::string& out) {
  if (response.status < 200 || response.status > 999) return false;
  out += "HTTP/1.1 ";
  out += static_cast<char>('0' + response.status / 100);
  out += static_cast<char>('0' + response.status / 10 % 10);
  out += static_cast<char>('0' + response.status % 10);
  out += ' ';
  out += reason_phrase(response.status);
  out += "\r\n";
  for (const auto& [name, value] : response.headers) {
    if (is_servers_own(name)) continue;
    if (!is_token(name) || !is_field_value(value)) return false;
    out.append(name).append(": ").append(value).append("\r\n");
  }
  // RFC 9110 §8.6: no Content-Length with 204; with 304 only what GET would say.
  if (response.source && !response.source->length()) {
    if (open_end == OpenEnd::kChunked) out += "Transfer-Encoding: chunked\r\n";
  } else if (!has_no_content(response.status)) {
    fmt::format_to(std::back_inserter(out), "Content-Length: {}\r\n",
                   content_length_of(response, method));
  }
  out.append("Date: ").append(date).append("\r\nConnection: ");
  out += persistence == Persistence::kClose ? "close\r\n\r\n" : "keep-alive\r\n\r\n";
  return true;
}

void ReadBuffer::consume(std::size_t count) {
  begin_ += count;
  if (begin_ == end_) begin_ = end_ = 0;
}

void ReadBuffer::shrink() {
  if (bytes_.size() > kInitial && begin_ == end_) bytes_ = std::string();
}

asio::mutable_buffer ReadBuffer::prepare() {
  if (end_ == bytes_.size()) {
    if (begin_ > 0) {
      std::memmove(bytes_.data(), bytes_.data() + begin_, end_ - begin_);
      end_ -= begin_;
      begin_ = 0;
    }
    if (end_ == bytes_.size()) bytes_.resize(std::max(kInitial, bytes_.size() * 2));
  }
  return asio::buffer(bytes_.data() + end_, bytes_.size() - end_);
}

}  // namespace tandem::net

// The canonical request of Signature Version 4.
#include <algorithm>

#include "aws/dialect.h"
#include "aws/sigv4.h"
#include "core/bytes.h"
#include "core/text.h"

namespace tandem::aws {
namespace {

/// RFC 3986 §5.2.4 as AWS applies it to every service but S3: empty and "." segments go, ".."
/// takes its parent away.
std::string normalised(std::string_view path) {
  std::vector<std::string_view> segments;
  for (const auto segment : core::split(path, '/')) {
    if (segment.empty() || segment == ".") continue;
    if (segment == "..") {
      if (!segments.empty()) segments.pop_back();
      continue;
    }
    segments.push_back(segment);
  }
  std::string result;
  for (const auto segment : segments) {
    result += '/';
    result += segment;
  }
  if (result.empty() || path.back() == '/') result += '/';
  return result;
}

/// S3 signs the path encoded once, everything else encodes the encoded path again.
std::string canonical_path(std::string_view path, std::string_view service) {
  if (path.empty() || path == "/") return "/";
  if (dialect_of(service).object_signing) {
    return core::percent_encode(core::percent_decode(path), core::Slash::kKeep);
  }
  return core::percent_encode(normalised(path), core::Slash::kKeep);
}

std::string canonical_query(std::string_view query) {
  if (query.empty()) return {};
  std::vector<std::pair<std::string, std::string>> fields;
  for (const auto part : core::split(query, '&')) {
    if (part.empty()) continue;
    const auto equals = part.find('=');
    const auto value =
        equals == std::string_view::npos ? std::string_view() : part.substr(equals + 1);
    auto name = core::percent_encode(core::percent_decode(part.substr(0, equals)));
    if (name == "X-Amz-Signature") continue;
    fields.emplace_back(std::move(name), core::percent_encode(core::percent_decode(value)));
  }
  std::sort(fields.begin(), fields.end());
  std::string result;
  for (const auto& [name, value] : fields) {
    if (!result.empty()) result += '&';
    result += name;
    result += '=';
    result += value;
  }
  return result;
}

/// Trimmed, runs of spaces as one.
void append_header_value(std::string_view value, std::string& out) {
  bool space = false;
  for (const char c : core::trim(value)) {
    if (c == ' ' && space) continue;
    space = c == ' ';
    out += c;
  }
}

}  // namespace

std::string canonical_request(const net::HttpRequest& request,
                              const std::vector<std::string>& signed_headers,
                              std::string_view payload_hash, std::string_view service) {
  std::string text;
  text.reserve(512);
  text += request.method;
  text += '\n';
  text += canonical_path(request.path(), service);
  text += '\n';
  text += canonical_query(request.query());
  text += '\n';
  std::string names;
  for (const auto& header : signed_headers) {
    text += header;
    text += ':';
    bool first = true;
    for (const auto& [name, value] : request.headers) {
      if (!core::equals_ignoring_case(name, header)) continue;
      if (!first) text += ',';
      first = false;
      append_header_value(value, text);
    }
    text += '\n';
    if (!names.empty()) names += ';';
    names += header;
  }
  text += '\n';
  text += names;
  text += '\n';
  text += payload_hash;
  return text;
}

std::string string_to_sign(std::string_view date_time, std::string_view scope,
                           std::string_view canonical_request) {
  std::string text = "AWS4-HMAC-SHA256\n";
  text += date_time;
  text += '\n';
  text += scope;
  text += '\n';
  text += core::hex_encode(core::sha256(canonical_request));
  return text;
}

}  // namespace tandem::aws

#include "services/apigateway/model/content_coding.h"

#include <charconv>
#include <string>

#include "core/text.h"
#include "services/apigateway/errors.h"

namespace tandem::apigateway {
namespace {

std::optional<net::ContentCoding> coding_of(std::string_view name) {
  if (core::equals_ignoring_case(name, "gzip")) return net::ContentCoding::kGzip;
  if (core::equals_ignoring_case(name, "deflate")) return net::ContentCoding::kDeflate;
  return std::nullopt;
}

/// "q=0.5" as thousandths, RFC 9110 §12.4.2.
std::optional<int> weight_of(std::string_view parameter) {
  constexpr std::size_t kLongest = 5;  // "0.123"
  if (parameter.size() < 3 || (parameter[0] != 'q' && parameter[0] != 'Q') || parameter[1] != '=') {
    return std::nullopt;
  }
  const std::string_view value = parameter.substr(2);
  double weight = 0;
  const char* const end = value.data() + value.size();
  const auto [at, error] = std::from_chars(value.data(), end, weight, std::chars_format::fixed);
  const bool whole = error == std::errc() && at == end && value.size() <= kLongest;
  if (!whole || !(weight >= 0 && weight <= 1)) return std::nullopt;
  return static_cast<int>(weight * 1000);
}

}  // namespace

std::int64_t check_minimum_compression(std::int64_t size) {
  if (size >= 0 && size <= kLargestMinimumCompression) return size;
  throw errors::bad_request("Invalid minimum compression size, must be between 0 and 10485760");
}

std::optional<std::int64_t> read_minimum_compression(std::optional<std::string_view> text) {
  if (!text || text->empty()) return std::nullopt;
  return check_minimum_compression(core::parse_int(*text).value_or(-1));
}

BodyCoding body_coding(std::string_view content_encoding) {
  const std::string_view name = core::trim(content_encoding);
  if (name.empty() || core::equals_ignoring_case(name, "identity")) return {};
  const auto coding = coding_of(name);
  if (!coding) return {BodyCoding::Kind::kUnsupported};
  return {BodyCoding::Kind::kCoded, *coding};
}

std::optional<net::ContentCoding> preferred_coding(std::string_view accept_encoding) {
  int best = 0;
  std::string_view preferred;
  for (const std::string_view element : core::split(accept_encoding, ',')) {
    const std::size_t semicolon = element.find(';');
    int weight = 1000;
    if (semicolon != std::string_view::npos) {
      const auto given = weight_of(core::trim(element.substr(semicolon + 1)));
      if (!given) return std::nullopt;
      weight = *given;
    }
    if (weight <= best) continue;
    best = weight;
    preferred = core::trim(element.substr(0, semicolon));
  }
  return coding_of(preferred);
}

}  // namespace tandem::apigateway

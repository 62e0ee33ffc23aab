#include "services/s3/model/version_id.h"

#include <algorithm>

#include "core/bytes.h"

namespace tandem::s3 {
namespace {

constexpr std::size_t kLength = 32;
constexpr std::size_t kOrder = 8;     // bytes
constexpr std::size_t kChecked = 20;  // order and chance
constexpr std::size_t kWhole = 24;

std::string big_endian(std::uint64_t value) {
  std::string bytes;
  for (int shift = 56; shift >= 0; shift -= 8) bytes += static_cast<char>(value >> shift & 0xffU);
  return bytes;
}

std::string check_of(std::string_view bytes) {
  return core::sha256(bytes).substr(0, kWhole - kChecked);
}

}  // namespace

std::string make_version_id(std::uint64_t order, core::Random& random) {
  std::string bytes = big_endian(order) + big_endian(random.next());
  bytes += big_endian(random.next()).substr(0, kChecked - bytes.size());
  bytes += check_of(bytes);
  std::string id = core::base64_encode(bytes);
  // S3's alphabet.
  std::replace(id.begin(), id.end(), '+', '.');
  std::replace(id.begin(), id.end(), '/', '_');
  return id;
}

std::optional<std::uint64_t> version_order(std::string_view id) {
  if (id.size() != kLength || id.find_first_of("+/=") != std::string_view::npos) {
    return std::nullopt;
  }
  std::string text(id);
  std::replace(text.begin(), text.end(), '.', '+');
  std::replace(text.begin(), text.end(), '_', '/');
  const auto bytes = core::base64_decode(text);
  if (!bytes || bytes->size() != kWhole) return std::nullopt;
  if (bytes->substr(kChecked) != check_of(bytes->substr(0, kChecked))) return std::nullopt;
  std::uint64_t order = 0;
  for (std::size_t i = 0; i < kOrder; ++i) {
    order = order << 8U | static_cast<unsigned char>((*bytes)[i]);
  }
  return order;
}

}  // namespace tandem::s3

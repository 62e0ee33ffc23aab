#include "aws/places.h"

#include <algorithm>

namespace tandem::aws {
namespace {

constexpr GeoKey kContinent = GeoKey{1} << 56;
constexpr GeoKey kCountry = GeoKey{2} << 56;
constexpr GeoKey kSubdivision = GeoKey{3} << 56;

GeoKey pack(std::string_view code) {
  GeoKey key = 0;
  for (const char c : code.substr(0, 3)) key = key << 8 | static_cast<unsigned char>(c);
  return key;
}

bool bit(std::span<const std::uint8_t> address, unsigned at) {
  return (address[at / 8] >> (7 - at % 8) & 1) != 0;
}

}  // namespace

GeoKey continent_key(std::string_view code) { return kContinent | pack(code); }
GeoKey country_key(std::string_view code) { return kCountry | pack(code); }
GeoKey subdivision_key(std::string_view country, std::string_view code) {
  return kSubdivision | pack(country) << 24 | pack(code);
}

std::optional<std::uint16_t> Places::region(std::string_view name) const {
  const auto found = std::ranges::find(regions_, name);
  if (found == regions_.end()) return std::nullopt;
  return static_cast<std::uint16_t>(found - regions_.begin());
}

Places::Found Places::find(std::span<const std::uint8_t> address, unsigned bits) const {
  if (address.size() != 4 && address.size() != 16) return {};
  const bool v6 = address.size() == 16;
  const unsigned longest = v6 ? kLongestPrefixV6 : kLongestPrefix;
  std::uint32_t at = v6 ? kRootV6 : kRootV4;
  std::uint16_t place = nodes_[at].place;
  unsigned depth = 0;
  Found found;
  for (;; ++depth) {
    const Node& node = nodes_[at];
    if (node.place != kUnsaid) place = node.place;
    if (node.child[0] == 0 && node.child[1] == 0) {
      found.scope = static_cast<std::uint8_t>(depth);
      break;
    }
    if (depth == bits) {
      // Different places lie within what was given: RFC 7871 §7.2.1 asks for more by a longer
      // scope.
      found.scope = static_cast<std::uint8_t>(longest);
      break;
    }
    const std::uint32_t next = node.child[bit(address, depth) ? 1 : 0];
    if (next == 0) {
      found.scope = static_cast<std::uint8_t>(depth + 1);
      break;
    }
    at = next;
  }
  if (place != kUnsaid && place != kNowhere) found.place = &places_[place];
  return found;
}

GeoKey Places::continent_of(GeoKey country) const {
  const auto found = continents_.find(country);
  return found == continents_.end() ? 0 : found->second;
}

const GeoLocation* Places::location(std::string_view continent, std::string_view country,
                                    std::string_view subdivision) const {
  const auto found = std::ranges::find_if(locations_, [&](const GeoLocation& one) {
    return one.continent == continent && one.country == country && one.subdivision == subdivision;
  });
  return found == locations_.end() ? nullptr : &*found;
}

}  // namespace tandem::aws

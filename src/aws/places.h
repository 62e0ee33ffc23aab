// Where DNS clients and AWS's regions are: which prefix is at which place, how far a place is from
// each region, and the locations that Route 53 has names for. Read from places.txt, and from a file
// of the user's own after it.
//
// Pure; a look-up allocates nothing.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/parsed.h"

namespace tandem::aws {

/// A geolocation as one number, so that records and clients are compared at once; 0 is none.
using GeoKey = std::uint64_t;
GeoKey continent_key(std::string_view code);
GeoKey country_key(std::string_view code);
GeoKey subdivision_key(std::string_view country, std::string_view code);

struct Place {
  GeoKey subdivision = 0;
  GeoKey country = 0;
  GeoKey continent = 0;
  std::vector<float> latencies_ms;  ///< by a region's number
};

/// A location as ListGeoLocations tells it; what it has not is empty.
struct GeoLocation {
  std::string continent;
  std::string country;
  std::string subdivision;
  std::string name;  ///< of the continent, or of the country
  std::string subdivision_name;
};

/// The precision of Route 53's answers: longer prefixes than these cannot be told apart.
inline constexpr unsigned kLongestPrefix = 24;
inline constexpr unsigned kLongestPrefixV6 = 48;

class Places {
 public:
  static constexpr std::size_t kMaxBytes = std::size_t{4} * 1024 * 1024;  ///< of a user's file
  static constexpr std::size_t kMaxPrefixes = 20'000;

  /// The table, and after it the user's own lines, which may only say "prefix", "latency" and
  /// "default". An error's message names the line: "line 12: …".
  static core::Parsed<Places> read(std::string_view table, std::string_view own = {});
  /// The table that comes with the program, alone.
  static Places built_in();

  std::optional<std::uint16_t> region(std::string_view name) const;

  struct Found {
    const Place* place = nullptr;  ///< null where nothing is known
    std::uint8_t scope = 0;        ///< RFC 7871: bits of the address that the place depends on
  };
  /// address has 4 or 16 bytes, of which bits are known. Anything else is nowhere.
  Found find(std::span<const std::uint8_t> address, unsigned bits) const;
  /// Whose latencies count for clients of whom nothing is known.
  const Place& fallback() const { return places_[default_]; }

  /// 0 for a country that is not known.
  GeoKey continent_of(GeoKey country) const;

  /// Countries with their subdivisions by code, "*" first, then continents: Route 53's order.
  const std::vector<GeoLocation>& locations() const { return locations_; }
  /// Null when Route 53 knows no such location.
  const GeoLocation* location(std::string_view continent, std::string_view country,
                              std::string_view subdivision) const;

 private:
  class Reader;
  static constexpr std::uint16_t kUnsaid = 0xFFFF;  ///< the shorter prefix around it counts
  static constexpr std::uint16_t kNowhere = 0xFFFE;

  /// A node of the binary tree of prefixes: one level for each bit.
  struct Node {
    std::uint32_t child[2] = {0, 0};  ///< 0: none; the roots are nobody's children
    std::uint16_t place = kUnsaid;
  };
  static constexpr std::uint32_t kRootV4 = 0;
  static constexpr std::uint32_t kRootV6 = 1;

  std::vector<Place> places_;
  std::vector<Node> nodes_ = std::vector<Node>(2);
  std::vector<std::string> regions_;  ///< in the table's order, which numbers them
  std::vector<GeoLocation> locations_;
  std::map<GeoKey, GeoKey> continents_;  ///< of countries
  std::size_t default_ = 0;
};

/// The text of places.txt.
std::string_view places_table();

}  // namespace tandem::aws

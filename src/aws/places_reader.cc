// The words of places.txt.
#include <algorithm>
#include <arpa/inet.h>
#include <array>
#include <charconv>
#include <cmath>
#include <fmt/format.h>
#include <numbers>

#include "aws/places.h"
#include "core/text.h"

namespace tandem::aws {
namespace {

using Words = std::vector<std::string_view>;

struct Point {
  double latitude = 0;
  double longitude = 0;
};

/// Kilometres along the great circle (haversine, on a sphere of the Earth's mean radius).
double distance_km(Point a, Point b) {
  constexpr double kRadians = std::numbers::pi / 180;
  const double north = std::sin((b.latitude - a.latitude) * kRadians / 2);
  const double east = std::sin((b.longitude - a.longitude) * kRadians / 2);
  const double half = north * north + std::cos(a.latitude * kRadians) *
                                          std::cos(b.latitude * kRadians) * east * east;
  return 2 * 6371 * std::asin(std::min(1.0, std::sqrt(half)));
}

/// There and back at 200 km a millisecond, half as long again as cables do not run straight.
float latency_ms(Point a, Point b) { return static_cast<float>(2 + distance_km(a, b) * 1.5 / 100); }

Words words_of(std::string_view line) {
  Words words;
  for (const std::string_view word : core::split(line, ' ')) {
    if (word.starts_with('#')) break;
    if (!word.empty()) words.push_back(word);
  }
  return words;
}

std::optional<double> number(std::string_view text, double least, double most) {
  double value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  const bool whole = error == std::errc() && end == text.data() + text.size();
  if (!whole || !(value >= least && value <= most)) return std::nullopt;
  return value;
}

struct LineError {
  std::string message;
};

template <class... Args>
[[noreturn]] void fail(fmt::format_string<Args...> format, Args&&... args) {
  throw LineError{fmt::format(format, std::forward<Args>(args)...)};
}

struct Prefix {
  std::array<std::uint8_t, 16> address{};
  unsigned length = 0;
  bool v6 = false;
};

Prefix prefix_of(std::string_view text) {
  Prefix prefix;
  const std::size_t slash = text.find('/');
  const std::string address(text.substr(0, slash));
  prefix.v6 = address.find(':') != std::string::npos;
  const auto length =
      slash == std::string_view::npos ? std::nullopt : core::parse_uint(text.substr(slash + 1));
  if (!length ||
      inet_pton(prefix.v6 ? AF_INET6 : AF_INET, address.c_str(), prefix.address.data()) != 1) {
    fail("'{}' is no prefix; write 192.0.2.0/24 or 2001:db8::/48", text);
  }
  const unsigned longest = prefix.v6 ? kLongestPrefixV6 : kLongestPrefix;
  if (*length > longest) {
    fail("{} is longer than /{}, the precision of answers", text, longest);
  }
  prefix.length = static_cast<unsigned>(*length);
  for (unsigned bit = prefix.length; bit < (prefix.v6 ? 128u : 32u); ++bit) {
    if ((prefix.address[bit / 8] >> (7 - bit % 8) & 1) != 0) {
      fail("{} has bits beyond its length", text);
    }
  }
  return prefix;
}

}  // namespace

class Places::Reader {
 public:
  explicit Reader(Places& places) : places_(places) {}

  void read(std::string_view text, bool own) {
    std::size_t line_number = 0;
    for (std::string_view line : core::split(text, '\n')) {
      ++line_number;
      if (line.ends_with('\r')) line.remove_suffix(1);
      const Words words = words_of(line);
      if (words.empty()) continue;
      try {
        take(words, own);
      } catch (const LineError& error) {
        fail("line {}: {}", line_number, error.message);
      }
    }
  }

  void finish() {
    if (!has_default_) fail("no 'default' line");
    for (std::size_t i = 0; i < places_.places_.size(); ++i) {
      Place& place = places_.places_[i];
      if (place.country != 0 && place.continent == 0) {
        place.continent = places_.continents_.at(place.country);
      }
      for (const Point& region : region_points_) {
        place.latencies_ms.push_back(latency_ms(points_[i], region));
      }
    }
    for (const auto& [pair, ms] : said_) places_.places_[pair.first].latencies_ms[pair.second] = ms;
    std::ranges::stable_sort(places_.locations_, {}, [](const GeoLocation& one) {
      return std::pair(!one.continent.empty(), one.country + '/' + one.subdivision + one.continent);
    });
  }

 private:
  void take(const Words& words, bool own) {
    const std::string_view word = words[0];
    if (word == "prefix") return take_prefix(words);
    if (word == "latency") return take_latency(words);
    if (word == "default") {
      places_.default_ = place_of(words, 1, words.size());
      has_default_ = true;
      return;
    }
    if (!own && word == "country") return take_country(words);
    if (!own && word == "subdivision") return take_subdivision(words);
    if (!own && word == "continent") return take_continent(words);
    if (!own && word == "region") return take_region(words);
    fail("'{}' is not a word that is known here; lines begin with prefix, latency or default",
         word);
  }

  static void need(const Words& words, std::size_t count) {
    if (words.size() < count) fail("'{}' needs more words", words[0]);
  }

  static Point point(std::string_view latitude, std::string_view longitude) {
    const auto north = number(latitude, -90, 90);
    const auto east = number(longitude, -180, 180);
    if (!north || !east) fail("'{} {}' is no latitude and longitude", latitude, longitude);
    return {*north, *east};
  }

  static std::string name_from(const Words& words, std::size_t first) {
    std::string name(words[first]);
    for (std::size_t i = first + 1; i < words.size(); ++i) (name += ' ') += words[i];
    return name;
  }

  void add_place(std::string key, Place place, Point where) {
    if (!known_.emplace(key, static_cast<std::uint16_t>(places_.places_.size())).second) {
      fail("'{}' is here twice", key);
    }
    places_.places_.push_back(std::move(place));
    points_.push_back(where);
  }

  void take_country(const Words& words) {
    need(words, 6);
    const GeoKey key = country_key(words[1]);
    add_place(fmt::format("country {}", words[1]), {.country = key}, point(words[3], words[4]));
    places_.continents_[key] = continent_key(words[2]);
    places_.locations_.push_back({.country = std::string(words[1]), .name = name_from(words, 5)});
  }

  void take_subdivision(const Words& words) {
    need(words, 6);
    add_place(
        fmt::format("subdivision {} {}", words[1], words[2]),
        {.subdivision = subdivision_key(words[1], words[2]), .country = country_key(words[1])},
        point(words[3], words[4]));
    const GeoLocation* country = places_.location("", words[1], "");
    if (country == nullptr) fail("no country {} before it", words[1]);
    places_.locations_.push_back({.country = std::string(words[1]),
                                  .subdivision = std::string(words[2]),
                                  .name = country->name,
                                  .subdivision_name = name_from(words, 5)});
  }

  void take_continent(const Words& words) {
    need(words, 5);
    add_place(fmt::format("continent {}", words[1]), {.continent = continent_key(words[1])},
              point(words[2], words[3]));
    places_.locations_.push_back({.continent = std::string(words[1]), .name = name_from(words, 4)});
  }

  void take_region(const Words& words) {
    need(words, 5);
    Place place{.country = country_key(words[4])};
    if (!places_.continents_.contains(place.country)) fail("no country {} before it", words[4]);
    if (words.size() > 5) place.subdivision = subdivision_key(words[4], words[5]);
    const Point where = point(words[2], words[3]);
    add_place(fmt::format("region {}", words[1]), place, where);
    places_.regions_.emplace_back(words[1]);
    region_points_.push_back(where);
  }

  /// "country DE", "subdivision US WA", "continent AS", "region us-east-1".
  std::uint16_t place_of(const Words& words, std::size_t first, std::size_t end) const {
    std::string key;
    for (std::size_t i = first; i < end; ++i) {
      if (!key.empty()) key += ' ';
      key += words[i];
    }
    const auto found = known_.find(key);
    if (found == known_.end()) {
      fail("'{}' is no place; write country DE, subdivision US WA, continent AS, region us-east-1",
           key);
    }
    return found->second;
  }

  void take_prefix(const Words& words) {
    need(words, 3);
    if (++prefixes_ > kMaxPrefixes) fail("more than {} prefixes", kMaxPrefixes);
    const Prefix prefix = prefix_of(words[1]);
    const bool nowhere = words.size() == 3 && words[2] == "nowhere";
    const std::uint16_t place = nowhere ? kNowhere : place_of(words, 2, words.size());
    std::uint32_t at = prefix.v6 ? kRootV6 : kRootV4;
    for (unsigned depth = 0; depth < prefix.length; ++depth) {
      const std::size_t side = prefix.address[depth / 8] >> (7 - depth % 8) & 1;
      if (places_.nodes_[at].child[side] == 0) {
        places_.nodes_[at].child[side] = static_cast<std::uint32_t>(places_.nodes_.size());
        places_.nodes_.emplace_back();
      }
      at = places_.nodes_[at].child[side];
    }
    places_.nodes_[at].place = place;
  }

  void take_latency(const Words& words) {
    need(words, 5);
    const std::uint16_t place = place_of(words, 1, words.size() - 2);
    const std::string_view region = words[words.size() - 2];
    const auto number_of_region = places_.region(region);
    if (!number_of_region) fail("'{}' is no region", region);
    const auto ms = number(words.back(), 0, 10'000);
    if (!ms) fail("'{}' is no latency in milliseconds, 0 to 10000", words.back());
    said_[{place, *number_of_region}] = static_cast<float>(*ms);
  }

  Places& places_;
  std::map<std::string, std::uint16_t, std::less<>> known_;
  std::vector<Point> points_;  ///< of places
  std::vector<Point> region_points_;
  std::map<std::pair<std::uint16_t, std::uint16_t>, float> said_;
  std::size_t prefixes_ = 0;
  bool has_default_ = false;
};

core::Parsed<Places> Places::read(std::string_view table, std::string_view own) {
  if (own.size() > kMaxBytes) return core::ParseError{"the file is larger than 4 MiB", kMaxBytes};
  Places places;
  places.locations_.push_back({.country = "*", .name = "Default"});
  Reader reader(places);
  try {
    reader.read(table, false);
    reader.read(own, true);
    reader.finish();
  } catch (const LineError& error) {
    return core::ParseError{error.message, 0};
  }
  return places;
}

}  // namespace tandem::aws

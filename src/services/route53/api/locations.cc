// The locations that geolocation records may name.
#include "services/route53/api/backend.h"
#include "services/route53/model/errors.h"

namespace tandem::route53 {
namespace {

using service::Reply;

json::object details_of(const aws::GeoLocation& location) {
  json::object details;
  if (!location.continent.empty()) {
    details["ContinentCode"] = location.continent;
    details["ContinentName"] = location.name;
    return details;
  }
  details["CountryCode"] = location.country;
  details["CountryName"] = location.name;
  if (!location.subdivision.empty()) {
    details["SubdivisionCode"] = location.subdivision;
    details["SubdivisionName"] = location.subdivision_name;
  }
  return details;
}

constexpr std::size_t kLocationPage = 100;

struct Codes {
  std::string continent;
  std::string country;
  std::string subdivision;
};

/// API reference: a continent alone, a country alone, or a country's subdivision.
Codes codes_of(const json::object& input, const std::string& prefix) {
  Codes codes{json::string_or(input, prefix + "ContinentCode"),
              json::string_or(input, prefix + "CountryCode"),
              json::string_or(input, prefix + "SubdivisionCode")};
  if (!codes.continent.empty() && !(codes.country.empty() && codes.subdivision.empty())) {
    throw errors::invalid_input(
        "The input is not valid: continent code is specified with country or subdivision code.");
  }
  if (codes.country.empty() && !codes.subdivision.empty()) {
    throw errors::invalid_input(
        "The input is not valid: subdivision code is specified without country code.");
  }
  return codes;
}

Reply get_location(Backend& backend, const json::object& input) {
  Codes codes = codes_of(input, "");
  // Without any code it is the default's.
  if (codes.continent.empty() && codes.country.empty()) codes.country = "*";
  const aws::GeoLocation* found =
      backend.places.location(codes.continent, codes.country, codes.subdivision);
  if (found == nullptr) throw errors::no_such_geo_location();
  return json::object{{"GeoLocationDetails", details_of(*found)}};
}

/// Countries come first, so that every one of them lies before a continent.
bool before(const aws::GeoLocation& location, const Codes& start) {
  if (!start.continent.empty()) return location.continent < start.continent;
  if (!location.continent.empty()) return false;
  return std::pair(location.country, location.subdivision) <
         std::pair(start.country, start.subdivision);
}

Reply list_locations(Backend& backend, const json::object& input) {
  const Codes start = codes_of(input, "Start");
  const std::size_t most = max_items(input, kLocationPage);
  json::object reply;
  json::array page;
  const aws::GeoLocation* next = nullptr;
  for (const aws::GeoLocation& location : backend.places.locations()) {
    if (before(location, start)) continue;
    if (page.size() == most) {
      next = &location;
      break;
    }
    page.push_back(details_of(location));
  }
  reply["GeoLocationDetailsList"] = std::move(page);
  reply["IsTruncated"] = next != nullptr;
  if (next != nullptr && !next->continent.empty()) reply["NextContinentCode"] = next->continent;
  if (next != nullptr && !next->country.empty()) reply["NextCountryCode"] = next->country;
  if (next != nullptr && !next->subdivision.empty()) {
    reply["NextSubdivisionCode"] = next->subdivision;
  }
  reply["MaxItems"] = std::to_string(most);
  return reply;
}

}  // namespace

std::vector<service::Operation> location_operations(Backend& backend) {
  return {
      row(backend, "GetGeoLocation", get_location,
          {"ContinentCode", "CountryCode", "SubdivisionCode"}),
      row(backend, "ListGeoLocations", list_locations,
          {"StartContinentCode", "StartCountryCode", "StartSubdivisionCode", "MaxItems"}),
  };
}

}  // namespace tandem::route53

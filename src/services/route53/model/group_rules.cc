#include "services/route53/model/group_rules.h"

#include <fmt/format.h>

#include "services/route53/model/change_batch.h"
#include "services/route53/model/rdata.h"

namespace tandem::route53 {
namespace {

/// "RRSet with DNS name n., type A, SetIdentifier x, and Region Name=us-east-1".
std::string subject(const RecordSet& record, const aws::Places& places) {
  std::string text = fmt::format("RRSet with DNS name {}, type {}, SetIdentifier {}",
                                 record.name.text, type_text(record.type), record.set_identifier);
  if (!record.region.empty()) text += fmt::format(", and Region Name={}", record.region);
  if (record.geo) text += fmt::format(", and routing to {}", location_text(*record.geo, places));
  if (record.failover) {
    text += *record.failover == Failover::kPrimary ? " marked as primary" : " marked as secondary";
  }
  return text;
}

}  // namespace

std::string location_text(const GeoLocation& geo, const aws::Places& places) {
  const aws::GeoLocation* known = places.location(geo.continent, geo.country, geo.subdivision);
  const std::string name = known == nullptr ? "unknown" : known->name;
  if (!geo.continent.empty()) return fmt::format("[continent = ({}, {})]", geo.continent, name);
  if (geo.subdivision.empty()) return fmt::format("[country = ({}, {})]", geo.country, name);
  return fmt::format("[country = ({}, {}), subdivision = ({}, {})]", geo.country, name,
                     geo.subdivision, known == nullptr ? "unknown" : known->subdivision_name);
}

std::string_view policy_text(Policy policy) {
  switch (policy) {
    case Policy::kSimple:
      return "simple";
    case Policy::kWeighted:
      return "weighted";
    case Policy::kLatency:
      return "latency";
    case Policy::kFailover:
      return "failover";
    case Policy::kGeolocation:
      return "geolocation";
    case Policy::kMultivalue:
      return "multivalue answer";
  }
  return "";
}

std::string mixing_problem(const RecordSet& record, const aws::Places& places) {
  switch (record.policy()) {
    case Policy::kSimple:
      return fmt::format(
          "RRSet with DNS name {}, type {} cannot be created as other RRSets exist with the same "
          "name and type.",
          record.name.text, type_text(record.type));
    case Policy::kWeighted:
      return subject(record, places) +
             " cannot be created as a non-weighted set exists with the same name and type.";
    case Policy::kMultivalue:
      return subject(record, places) +
             " cannot be created because a non multivalue answer rrset exists with the same name "
             "and type.";
    case Policy::kLatency:
    case Policy::kFailover:
    case Policy::kGeolocation:
      break;
  }
  const std::string_view kind =
      record.policy() == Policy::kGeolocation ? "GEO" : policy_text(record.policy());
  return fmt::format(
      "{} cannot be created because a non-{} RRSet with the same name and type already exists.",
      subject(record, places), kind);
}

std::string twin_problem(const RecordSet& record, const RecordSet& other,
                         const aws::Places& places) {
  const bool same_region = !record.region.empty() && record.region == other.region;
  const bool same_location = record.geo && record.geo == other.geo;
  const bool same_role = record.failover && record.failover == other.failover;
  if (!same_region && !same_location && !same_role) return {};
  const std::string_view kind = same_region ? "latency" : same_location ? "GEO" : "failover";
  const std::string_view what = same_region     ? "region"
                                : same_location ? "location"
                                                : "failover role";
  return fmt::format(
      "{} cannot be created because a {} RRSet with the same name, type and {} already exists.",
      subject(record, places), kind, what);
}

}  // namespace tandem::route53

#include "services/events/model/event.h"

#include <algorithm>

#include "core/clock.h"

namespace tandem::events {
namespace {

constexpr std::size_t kTimeBytes = 14;

EntryError missing(std::string_view member) {
  constexpr std::string_view kInvalid = "InvalidArgument";
  if (member == "Source") {
    return {kInvalid, "Parameter Source is not valid. Reason: Source is a required argument."};
  }
  if (member == "DetailType") {
    return {kInvalid,
            "Parameter DetailType is not valid. Reason: DetailType is a required argument."};
  }
  return {kInvalid, "Parameter Detail is not valid. Reason: Detail is a required argument."};
}

}  // namespace

std::size_t entry_bytes(const json::object& entry) {
  std::size_t bytes = entry.contains("Time") ? kTimeBytes : 0;
  for (const std::string_view member : {"Source", "DetailType", "Detail"}) {
    bytes += json::string_or(entry, member).size();
  }
  if (const json::array* resources = json::find_array(entry, "Resources")) {
    for (const json::value& each : *resources) {
      if (each.is_string()) bytes += each.get_string().size();
    }
  }
  return bytes;
}

std::optional<EntryError> read_entry(const json::object& entry, json::object& detail) {
  for (const std::string_view member : {"Source", "DetailType", "Detail"}) {
    if (json::string_or(entry, member).empty()) return missing(member);
  }
  // "The source … must not begin with aws." (API reference, PutEventsRequestEntry).
  if (json::string_or(entry, "Source").starts_with("aws.")) {
    return EntryError{"NotAuthorizedForSourceException", "Not authorized for the source."};
  }
  auto parsed = json::parse_text(json::string_or(entry, "Detail"), kEventDepth);
  if (!parsed || !parsed.value().is_object()) {
    return EntryError{"MalformedDetail", "Detail is malformed."};
  }
  detail = std::move(std::move(parsed).value().get_object());
  return std::nullopt;
}

json::object make_event(const json::object& entry, json::object detail, const EventOrigin& origin) {
  const auto time = json::find_number(entry, "Time");
  const json::array* resources = json::find_array(entry, "Resources");
  json::object event;
  event["version"] = "0";
  event["id"] = origin.id;
  event["detail-type"] = json::string_or(entry, "DetailType");
  event["source"] = json::string_or(entry, "Source");
  event["account"] = origin.account;
  event["time"] = core::iso8601_s(time ? static_cast<std::int64_t>(*time) : origin.now_s);
  event["region"] = origin.region;
  event["resources"] = resources == nullptr ? json::array() : *resources;
  event["detail"] = std::move(detail);
  return event;
}

bool is_event(const json::object& event) {
  constexpr std::string_view kMembers[] = {"id",   "account", "source",
                                           "time", "region",  "detail-type"};
  return std::all_of(std::begin(kMembers), std::end(kMembers),
                     [&](std::string_view member) { return event.contains(member); });
}

}  // namespace tandem::events

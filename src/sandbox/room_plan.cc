#include "sandbox/room_plan.h"

#include "core/json.h"

namespace tandem::sandbox {
namespace {

json::array to_array(const std::vector<std::string>& texts) {
  json::array all;
  for (const std::string& text : texts) all.emplace_back(text);
  return all;
}

json::array to_array(const std::vector<Door>& doors) {
  json::array all;
  for (const Door& door : doors) {
    all.push_back(json::object{{"address", door.address}, {"port", door.port}});
  }
  return all;
}

void read(const json::object& in, std::string_view key, std::vector<std::string>& texts) {
  const json::array* all = json::find_array(in, key);
  if (all == nullptr) return;
  for (const json::value& each : *all) {
    if (each.is_string()) texts.push_back(json::to_std(each));
  }
}

void read(const json::object& in, std::string_view key, std::vector<Door>& doors) {
  const json::array* all = json::find_array(in, key);
  if (all == nullptr) return;
  for (const json::value& each : *all) {
    if (!each.is_object()) continue;
    const json::object& door = each.get_object();
    doors.push_back({json::string_or(door, "address"),
                     static_cast<std::uint16_t>(json::int_or(door, "port", 0))});
  }
}

}  // namespace

bool RoomPlan::operator==(const RoomPlan& other) const { return to_text() == other.to_text(); }

std::string RoomPlan::to_text() const {
  return json::to_text(json::object{{"folder", folder},
                                    {"firstUser", users.first},
                                    {"users", users.count},
                                    {"source", source_inside},
                                    {"hostName", host_name},
                                    {"layers", to_array(layers)},
                                    {"overlays", overlays},
                                    {"readOnly", to_array(read_only)},
                                    {"tcp", to_array(tcp)},
                                    {"udp", to_array(udp)},
                                    {"ownAddresses", to_array(own_addresses)},
                                    {"closed", to_array(closed)},
                                    {"tasks", tasks},
                                    {"sharedMemoryMb", shared_memory_mb}});
}

core::Parsed<RoomPlan> RoomPlan::from_text(std::string_view text) {
  auto parsed = json::parse_text(text);
  if (!parsed) return parsed.error();
  if (!parsed.value().is_object()) return core::ParseError{"a room's plan is an object"};
  const json::object& in = parsed.value().get_object();
  RoomPlan plan;
  plan.folder = json::string_or(in, "folder");
  plan.users.first = static_cast<std::uint32_t>(json::int_or(in, "firstUser", 0));
  plan.users.count = static_cast<std::uint32_t>(json::int_or(in, "users", 0));
  plan.source_inside = json::string_or(in, "source");
  plan.host_name = json::string_or(in, "hostName");
  read(in, "layers", plan.layers);
  plan.overlays = json::bool_or(in, "overlays", false);
  read(in, "readOnly", plan.read_only);
  read(in, "tcp", plan.tcp);
  read(in, "udp", plan.udp);
  read(in, "ownAddresses", plan.own_addresses);
  read(in, "closed", plan.closed);
  plan.tasks = static_cast<std::uint64_t>(json::int_or(in, "tasks", 0));
  plan.shared_memory_mb = static_cast<std::uint64_t>(json::int_or(in, "sharedMemoryMb", 0));
  return plan;
}

}  // namespace tandem::sandbox

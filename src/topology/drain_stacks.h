// What the stacks declare so that a region can be drained through data planes alone.
//
// A region is in service when its endpoint is healthy and no other region has its switch on. A
// switch is an object in S3 of that other region, shown to health checkers by an API there; the
// check on it is inverted, so that a region which is dead, and cannot show anything, drains nobody.
// Records name the calculated check over all of it. Who drains writes the object: no call to
// Route 53, whose API is in one region, none to the drained region, and no record changes.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "core/json.h"
#include "topology/topology.h"

namespace tandem::topology {

/// The regions that hold a switch of this one: all the others.
std::vector<std::string> switch_holders(const Topology& topology, std::string_view region);
/// In the holder's code bucket: "drained/us-east-1". The switch is on while the object is there.
std::string switch_key(std::string_view region);
inline constexpr std::string_view kSwitchPrefix = "drained/";
/// The front stack's output: the id of the API that shows the switches of its region.
inline constexpr const char* kSwitchOutput = "SwitchApiId";

/// The health check that the records of a region name, by its logical id.
std::string deciding_check(const Topology& topology, std::string_view suffix);
/// The Name tag of that check, and of the ones it is calculated from.
std::string check_name(const Topology& topology, std::string_view region);
std::string endpoint_check_name(const Topology& topology, std::string_view region);
std::string switch_check_name(const Topology& topology, std::string_view region,
                              std::string_view holder);

/// Adds to the front stacks the API that shows the switches of their region; nothing where there is
/// one region alone.
void add_switches(const Topology& topology, json::object& resources, json::object& outputs);
/// Adds to the routing stack the checks on a region's switches, and the one calculated from them
/// and the endpoint's; nothing where there is one region alone. Needs a parameter "Switch<suffix>"
/// for each region.
void add_drain_checks(const Topology& topology, const Region& region, json::object& resources);

}  // namespace tandem::topology

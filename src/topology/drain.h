// Draining a region and taking it back: the switches that drain_stacks.h declares are turned in the
// other regions' S3, and health checkers and DNS do the rest.
#pragma once

#include <functional>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "aws/api.h"
#include "core/task.h"
#include "net/http_client.h"
#include "service/config.h"
#include "topology/cloud.h"
#include "topology/dns_view.h"
#include "topology/topology.h"

namespace tandem::topology {

/// A switch of one region in another, as that one's S3 says.
struct SwitchState {
  std::string region;
  std::string holder;
  std::optional<bool> on;  ///< nothing: the holder does not say
  std::string problem;     ///< why
};
/// Asks those of the holders that answer at all. Borrows api.
Task<std::vector<SwitchState>> read_switches(aws::Api* api, Topology topology,
                                             std::set<std::string> answering);
/// What a plan should say of regions that are drained, a sentence each: they stay so, unless the
/// region that has their switch leaves. unseen: not to be asked.
Task<std::vector<std::string>> drained_warnings(Cloud cloud, Topology topology,
                                                std::vector<std::string> leaving,
                                                std::set<std::string> unseen);
/// Whether any switch of the region is known to be on.
bool is_switched(const std::vector<SwitchState>& switches, std::string_view region);

/// Where a region stands between DNS and its switches.
enum class Traffic {
  kServes,    ///< as its endpoint's health says
  kStarting,  ///< its checks are new: checkers have yet to look at its switches
  kDraining,  ///< switched off, and health checkers have not seen it yet
  kDrained,
  kRestoring  ///< switched on again, and health checkers have not seen it yet
};
std::string_view traffic_text(Traffic traffic);  ///< "" of kServes, "drained" …
/// switched: is_switched(); nothing when nobody says, and then it is as DNS has it.
Traffic traffic_of(const RegionChecks& checks, std::optional<bool> switched);

class Drain {
 public:
  using Note = std::function<void(std::string_view)>;
  struct Result {
    bool changed = false;
    std::vector<SwitchState> switches;
    std::optional<bool> in_dns;  ///< nothing: global does not answer
    double seconds = 0;          ///< until DNS had it
    std::string problem;         ///< the switches are turned, and this is not as it should be
  };
  /// answering: the regions whose processes do. Borrows; note is told of every step.
  Drain(aws::Api& api, net::HttpClient& http, const service::Config& config,
        std::set<std::string> answering, Note note);

  /// restore() also ends when the region could be answered with and is not, by its weight for one.
  /// Throws Refused, unless force, when no other region is healthy, and when the deployment has no
  /// switches; DeployError when no other region takes the switch.
  Task<Result> drain(Topology topology, std::string region, bool force);
  Task<Result> restore(Topology topology, std::string region);

 private:
  Task<std::optional<DnsView>> look();
  Task<void> require_switches(Topology topology, std::string region);
  Task<void> require_another(Topology topology, std::string region);
  Task<std::vector<SwitchState>> turn(Topology topology, std::string region, bool on);
  void note_seen(const RegionChecks& checks, const std::string& region, std::int64_t* noted);
  Task<std::optional<DnsView>> await(Topology topology, std::string region, bool drained,
                                     Result* result);

  aws::Api& api_;
  net::HttpClient& http_;
  const service::Config& config_;
  std::set<std::string> answering_;
  Note note_;
};

}  // namespace tandem::topology

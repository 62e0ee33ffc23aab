#include "topology/links.h"

#include <fmt/format.h>

#include "core/clock.h"
#include "core/timer.h"
#include "service/own_paths.h"
#include "topology/cloud.h"

namespace tandem::topology {
namespace {

constexpr std::chrono::seconds kDrainLimit{5};
constexpr std::chrono::milliseconds kPoll{25};

std::string refusal_in(const json::object& link, std::string_view member) {
  const auto* refusal = json::find_object(link, member);
  if (refusal == nullptr) return "";
  return fmt::format("{} (since {})", json::string_or(*refusal, "Reason"),
                     json::string_or(*refusal, "Since"));
}

}  // namespace

std::map<std::string, LinkState> read_links(const json::object& document) {
  std::map<std::string, LinkState> links;
  for (const auto& entry : document) {
    const auto* link = entry.value().if_object();
    if (link == nullptr) continue;
    LinkState state;
    state.connected = json::bool_or(*link, "Connected", false);
    state.pending = static_cast<std::uint64_t>(json::int_or(*link, "PendingEntries", 0));
    state.state = json::string_or(*link, "State", state.connected ? "Connected" : "Disconnected");
    state.snapshots_owed = static_cast<std::uint64_t>(json::int_or(*link, "SnapshotsOwed", 0));
    state.lag_ms = json::find_number(*link, "LagMs").value_or(0);
    state.delay_ms = json::int_or(*link, "DelayMs", 0);
    state.clock_offset_ms = json::find_number(*link, "ClockOffsetMs");
    state.reason = json::string_or(*link, "Reason");
    state.refused_by_peer = refusal_in(*link, "RefusedByPeer");
    state.refuses_peer = refusal_in(*link, "RefusesPeer");
    links[std::string(entry.key())] = std::move(state);
  }
  return links;
}

Task<std::map<std::string, LinkState>> links_of(net::HttpClient* http,
                                                const service::Config* config, std::string region,
                                                std::chrono::milliseconds timeout) {
  const service::RegionAddress* place = config->find_region(region);
  net::HttpTarget target{.address = place->address, .port = config->ports.http};
  net::HttpRequest request{.method = "GET", .target = "/_tandem/links"};
  service::sign_own_path(request, place->address, config->credentials, core::SystemClock().now_s());
  const net::HttpResponse answer =
      co_await http->send(std::move(target), std::move(request), timeout);
  const auto parsed = json::parse_text(answer.body);
  if (answer.status != 200 || !parsed || !parsed.value().is_object()) {
    throw DeployError(
        fmt::format("{} does not tell its replication links ({})", region, answer.status));
  }
  co_return read_links(parsed.value().as_object());
}

Task<void> await_drained(net::HttpClient* http, const service::Config* config, std::string region) {
  const auto deadline = core::TimerClock::now() + kDrainLimit;
  for (;;) {
    const auto links = co_await links_of(http, config, region);
    std::string behind;
    for (const auto& [peer, link] : links) {
      if (link.pending == 0) continue;
      behind = fmt::format("{} of its writes have not reached {}{}", link.pending, peer,
                           link.connected ? "" : ", whose link is not connected");
    }
    if (behind.empty()) co_return;
    if (core::TimerClock::now() > deadline) {
      throw DeployError(
          fmt::format("{} cannot leave yet: {}; mend the link ('tandem status'), or "
                      "keep the region in tandem.yaml",
                      region, behind));
    }
    co_await core::sleep_for(kPoll);
  }
}

}  // namespace tandem::topology

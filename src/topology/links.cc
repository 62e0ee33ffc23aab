#include "topology/links.h"

#include <chrono>
#include <fmt/format.h>

#include "core/clock.h"
#include "service/own_paths.h"
#include "topology/cloud.h"

namespace tandem::topology {
namespace {

constexpr std::chrono::seconds kDrainLimit{5};
constexpr std::chrono::milliseconds kPoll{25};

}  // namespace

Task<std::map<std::string, LinkState>> links_of(net::HttpClient* http,
                                                const service::Config* config, std::string region) {
  const service::RegionAddress* place = config->find_region(region);
  net::HttpTarget target{.address = place->address, .port = config->ports.http};
  net::HttpRequest request{.method = "GET", .target = "/_tandem/links"};
  service::sign_own_path(request, place->address, config->credentials, core::SystemClock().now_s());
  const net::HttpResponse answer = co_await http->send(std::move(target), std::move(request));
  const auto parsed = json::parse_text(answer.body);
  if (answer.status != 200 || !parsed || !parsed.value().is_object()) {
    throw DeployError(
        fmt::format("{} does not tell its replication links ({})", region, answer.status));
  }
  std::map<std::string, LinkState> links;
  for (const auto& entry : parsed.value().as_object()) {
    const json::object& link = entry.value().as_object();
    links[std::string(entry.key())] = {
        json::bool_or(link, "Connected", false),
        static_cast<std::uint64_t>(json::int_or(link, "PendingEntries", 0))};
  }
  co_return links;
}

Task<void> await_drained(net::HttpClient* http, const service::Config* config, std::string region) {
  const auto deadline = std::chrono::steady_clock::now() + kDrainLimit;
  for (;;) {
    const auto links = co_await links_of(http, config, region);
    std::string behind;
    for (const auto& [peer, link] : links) {
      if (link.pending == 0) continue;
      behind = fmt::format("{} of its writes have not reached {}{}", link.pending, peer,
                           link.connected ? "" : ", whose link is not connected");
    }
    if (behind.empty()) co_return;
    if (std::chrono::steady_clock::now() > deadline) {
      throw DeployError(
          fmt::format("{} cannot leave yet: {}; mend the link ('tandem status'), or "
                      "keep the region in tandem.yaml",
                      region, behind));
    }
    co_await core::sleep_for(kPoll);
  }
}

}  // namespace tandem::topology

#include "topology/drain.h"

#include <algorithm>
#include <fmt/format.h>

#include "core/clock.h"
#include "core/text.h"
#include "core/timer.h"
#include "topology/cloud.h"
#include "topology/code.h"
#include "topology/drain_stacks.h"
#include "topology/stacks.h"

namespace tandem::topology {
namespace {

using Clock = core::TimerClock;
using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr milliseconds kPoll{50};
/// Checkers need three looks, ten seconds apart at the clock's pace, to turn; then somebody is
/// slow.
constexpr seconds kLookTime{60};
constexpr seconds kSlack{10};

Task<SwitchState> read_switch(aws::Api* api, Topology topology, std::string region,
                              std::string holder) {
  SwitchState state{std::move(region), holder, std::nullopt, ""};
  try {
    const bool on = co_await has_object(Cloud(*api), holder, bucket_name(topology, holder),
                                        switch_key(state.region));
    state.on = on;
  } catch (const aws::ApiError& error) {
    state.problem = error.message();
  }
  co_return state;
}

Task<SwitchState> turn_switch(aws::Api* api, Topology topology, std::string region,
                              std::string holder, bool on) {
  SwitchState state{std::move(region), holder, std::nullopt, ""};
  json::object input{{"Bucket", bucket_name(topology, holder)}, {"Key", switch_key(state.region)}};
  if (on) input["ContentType"] = "text/plain";
  std::string body;
  if (on) body = "drained since " + core::iso8601_ms(core::SystemClock().now_ms()) + "\n";
  try {
    co_await Cloud(*api).call(holder, "s3", on ? "PutObject" : "DeleteObject", std::move(input),
                              std::move(body));
    state.on = on;
  } catch (const aws::ApiError& error) {
    // Where there is no bucket, nothing is on.
    if (!on && is_missing(error)) state.on = false;
    if (on || !is_missing(error)) state.problem = error.message();
  }
  co_return state;
}

std::string names_of(const std::vector<SwitchState>& switches, bool reached) {
  std::vector<std::string> names;
  for (const SwitchState& one : switches) {
    if (one.on.has_value() == reached) names.push_back(one.holder);
  }
  return core::join(names, " and ");
}

/// Once a region is drained: whom DNS answers with although no region is healthy; "" when one is.
std::string unhealthy_answer(const DnsView& view, const Topology& topology,
                             const std::string& region) {
  const bool failover = view.policy_of(topology.domain) == "failover";
  for (const Region& one : topology.regions) {
    const RegionChecks checks = checks_of(view, topology, one.name);
    if (!checks.in_dns() || checks.healthy()) continue;
    if (failover) {
      return fmt::format("{}: no region is healthy, so Route 53 answers with the primary, {}",
                         region, one.name);
    }
    if (one.name != region) continue;
    return fmt::format(
        "{}: no other region is healthy, so Route 53 takes all for healthy and answers with it",
        region);
  }
  return "";
}

}  // namespace

Task<std::vector<SwitchState>> read_switches(aws::Api* api, Topology topology,
                                             std::set<std::string> answering) {
  std::vector<SwitchState> all;
  for (const Region& region : topology.regions) {
    for (const std::string& holder : switch_holders(topology, region.name)) {
      SwitchState state{region.name, holder, std::nullopt, "it does not answer"};
      if (answering.contains(holder)) {
        state = co_await read_switch(api, topology, region.name, holder);
      }
      all.push_back(std::move(state));
    }
  }
  co_return all;
}

Task<std::vector<std::string>> drained_warnings(Cloud cloud, Topology topology,
                                                std::vector<std::string> leaving,
                                                std::set<std::string> unseen) {
  std::vector<std::string> warnings;
  for (const Region& region : topology.regions) {
    std::vector<std::string> holders = switch_holders(topology, region.name);
    const std::size_t staying = holders.size();
    holders.insert(holders.end(), leaving.begin(), leaving.end());
    for (std::size_t i = 0; i < holders.size(); ++i) {
      if (unseen.contains(holders[i])) continue;
      const std::string bucket = bucket_name(topology, holders[i]);
      const bool on = co_await has_object(cloud, holders[i], bucket, switch_key(region.name));
      if (!on) continue;
      warnings.push_back(
          i < staying
              ? fmt::format("{0} is drained and stays so; 'tandem region restore {0}' lets DNS "
                            "answer with it again",
                            region.name)
              : fmt::format("{} is drained by a switch in {} alone, which leaves: it serves again",
                            region.name, holders[i]));
      break;
    }
  }
  co_return warnings;
}

bool is_switched(const std::vector<SwitchState>& switches, std::string_view region) {
  return std::ranges::any_of(switches, [&](const SwitchState& one) {
    return one.region == region && one.on.value_or(false);
  });
}

std::string_view traffic_text(Traffic traffic) {
  switch (traffic) {
    case Traffic::kServes:
      return "";
    case Traffic::kStarting:
      return "starting";
    case Traffic::kDraining:
      return "draining";
    case Traffic::kDrained:
      return "drained";
    case Traffic::kRestoring:
      return "restoring";
  }
  return "";
}

Traffic traffic_of(const RegionChecks& checks, std::optional<bool> switched) {
  const bool seen = checks.switched_off();
  if (switched.value_or(seen)) {
    return seen ? Traffic::kDrained : Traffic::kDraining;
  }
  if (!seen) return Traffic::kServes;
  return checks.starting() ? Traffic::kStarting : Traffic::kRestoring;
}

Drain::Drain(aws::Api& api, net::HttpClient& http, const service::Config& config,
             std::set<std::string> answering, Note note)
    : api_(api),
      http_(http),
      config_(config),
      answering_(std::move(answering)),
      note_(std::move(note)) {}

/// Nothing when global does not answer: what is turned is turned all the same.
Task<std::optional<DnsView>> Drain::look() {
  std::optional<DnsView> view;
  try {
    view = co_await read_dns(&http_, &config_);
  } catch (const net::NetError&) {
  }
  co_return view;
}

Task<void> Drain::require_switches(Topology topology, std::string region) {
  if (topology.regions.size() < 2) {
    throw Refused(fmt::format("{} is the only region; nobody would serve in its place", region));
  }
  const std::optional<DnsView> view = co_await look();
  if (!view || !checks_of(*view, topology, region).switches.empty()) co_return;
  throw Refused(
      fmt::format("{} has no health checks that a switch acts on; 'tandem up' makes them", region));
}

/// A new check is waited for. Without global nobody knows of health; that others answer must do.
Task<void> Drain::require_another(Topology topology, std::string region) {
  const auto turned = co_await read_switches(&api_, topology, answering_);
  const auto until = Clock::now() + config_.pace().of(kLookTime) + kSlack;
  for (;;) {
    const std::optional<DnsView> view = co_await look();
    bool starting = false;
    for (const std::string& other : switch_holders(topology, region)) {
      if (!answering_.contains(other)) continue;
      if (!view) co_return;
      const RegionChecks checks = checks_of(*view, topology, other);
      if (checks.healthy()) co_return;
      // Nobody has drained it, and checkers have yet to find that.
      starting |= checks.endpoint_healthy() && checks.switched_off() && !is_switched(turned, other);
    }
    if (!starting || Clock::now() > until) break;
    co_await core::sleep_for(kPoll);
  }
  throw Refused(
      fmt::format("{} is the last healthy region; nothing was changed. 'tandem status' shows what "
                  "is wrong with the others, --force drains it all the same",
                  region));
}

Task<std::vector<SwitchState>> Drain::turn(Topology topology, std::string region, bool on) {
  std::vector<SwitchState> switches;
  for (const std::string& holder : switch_holders(topology, region)) {
    SwitchState state{region, holder, std::nullopt, "it does not answer"};
    if (answering_.contains(holder)) {
      state = co_await turn_switch(&api_, topology, region, holder, on);
    }
    switches.push_back(std::move(state));
  }
  co_return switches;
}

/// How many health checkers have seen the switch, whenever that is another number.
void Drain::note_seen(const RegionChecks& checks, const std::string& region, std::int64_t* noted) {
  std::int64_t on = 0;
  std::int64_t all = 0;
  for (const DnsCheck* check : checks.switches) {
    on += check->healthy_checkers;
    all += check->checkers;
  }
  if (on == *noted) return;
  *noted = on;
  note_(fmt::format("{}: {} of {} health checkers find its switch on", region, on, all));
}

/// Until DNS goes by the switches, or the time is over. What is not as it should be is the result's
/// problem.
Task<std::optional<DnsView>> Drain::await(Topology topology, std::string region, bool drained,
                                          Result* result) {
  const auto began = Clock::now();
  const auto until = began + config_.pace().of(kLookTime) + kSlack;
  std::optional<DnsView> view;
  std::int64_t noted = 0;
  for (;;) {
    view = co_await look();
    if (!view) {
      result->problem = fmt::format(
          "global does not answer, and DNS with it; its health checkers find {} {} when it is back",
          region, drained ? "drained" : "restored");
      break;
    }
    const RegionChecks checks = checks_of(*view, topology, region);
    result->in_dns = checks.in_dns();
    if (result->changed) note_seen(checks, region, &noted);
    result->seconds = std::chrono::duration<double>(Clock::now() - began).count();
    if (drained && !checks.healthy() && checks.switched_off()) break;
    // A region that is dead stays out of DNS: waiting would not help. One that is healthy may have
    // other reasons to stay out, such as its weight.
    const bool settled =
        (checks.healthy() && !checks.target_fails()) || !answering_.contains(region);
    if (!drained && !checks.switched_off() && settled) break;
    if (Clock::now() > until) {
      if (checks.switched_off() != drained) {
        result->problem =
            fmt::format("health checkers have not seen the switch after {:.0f} s", result->seconds);
      }
      break;
    }
    co_await core::sleep_for(kPoll);
  }
  co_return view;
}

Task<Drain::Result> Drain::drain(Topology topology, std::string region, bool force) {
  co_await require_switches(topology, region);
  const auto before = co_await read_switches(&api_, topology, answering_);
  Result result;
  result.changed = !is_switched(before, region);
  if (result.changed && !force) co_await require_another(topology, region);
  // Also when one is on already: the others may have been dead then.
  result.switches = co_await turn(topology, region, true);
  const std::string on = names_of(result.switches, true);
  const std::string off = names_of(result.switches, false);
  if (on.empty()) {
    throw DeployError(fmt::format("{} was not drained: {} cannot take its switch: {}", region, off,
                                  result.switches.front().problem));
  }
  if (result.changed) {
    note_(fmt::format("{}: its switch is on in {}; health checkers look every {:.2g} s", region, on,
                      10 / config_.clock_speed));
  }
  if (!off.empty()) note_(fmt::format("{}: {} cannot take its switch", region, off));
  const auto view = co_await await(topology, region, true, &result);
  if (!result.problem.empty() || !view) co_return result;
  const std::string answer = unhealthy_answer(*view, topology, region);
  if (!answer.empty()) note_(answer);
  co_return result;
}

Task<Drain::Result> Drain::restore(Topology topology, std::string region) {
  co_await require_switches(topology, region);
  const auto before = co_await read_switches(&api_, topology, answering_);
  Result result;
  result.changed = is_switched(before, region);
  result.switches = co_await turn(topology, region, false);
  const std::string left = names_of(result.switches, false);
  const std::string on = names_of(result.switches, true);
  if (result.changed) {
    note_(fmt::format("{}: its switch is off in {}; health checkers look every {:.2g} s", region,
                      on, 10 / config_.clock_speed));
  }
  const auto view = co_await await(topology, region, false, &result);
  if (!result.problem.empty() || !view) co_return result;
  const RegionChecks checks = checks_of(*view, topology, region);
  const std::string why =
      fmt::format("DNS does not answer with {}: {}", region,
                  checks.member == nullptr ? "it has no record" : checks.member->why);
  const bool eligible = checks.healthy() && !checks.target_fails() && checks.member != nullptr;
  if (!eligible) {
    result.problem = why;
  } else if (!left.empty()) {
    result.problem = fmt::format(
        "{} does not answer; if the switch is on there, {} is drained again once it is back, and "
        "has to be restored again",
        left, region);
  } else if (!checks.in_dns()) {
    note_(why);
  }
  co_return result;
}

}  // namespace tandem::topology

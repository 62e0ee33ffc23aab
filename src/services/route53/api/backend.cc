#include "services/route53/api/backend.h"

#include <algorithm>
#include <cmath>
#include <fmt/format.h>

#include "core/ids.h"
#include "core/text.h"
#include "services/route53/api/own_places.h"
#include "services/route53/model/errors.h"
#include "services/route53/model/rdata.h"
#include "store/store_failure.h"

namespace tandem::route53 {
namespace {

/// Ids of the checks that watch the regions' gateways; no health check can have one.
std::string region_check_id(std::string_view region) { return fmt::format("region/{}", region); }

/// Probes are not hurried beyond this, whatever the clock's speed: machines stall.
constexpr std::chrono::milliseconds kLeastTimeout{500};

}  // namespace

Backend::Backend(service::Environment environment, Route53Ports ports,
                 HealthMonitor::Options options)
    : env(std::move(environment)),
      zones(env.store),
      changes(env.store),
      checks(env.store),
      tags(env.store),
      endpoints(regional_endpoints(env.config)),
      places(read_places(env.config)),
      answerer(board, places, env.random, endpoints, env.config.pace()),
      monitor(
          env.executor, env.clock, env.random, options,
          [this](std::string id, HealthCheckConfig config) {
            return look(std::move(id), std::move(config));
          },
          [this](const std::string& id, const HealthMonitor::Verdict& verdict) {
            turned(id, verdict);
          }),
      prober_(ports.prober),
      alarms_(ports.alarms) {
  for (const RegionalEndpoint& endpoint : endpoints) watch_region(endpoint);
  for (const bool calculated : {false, true}) {
    for (const auto& [id, check] : checks.all()) {
      if (check.config.calculated() == calculated) watch(check);
    }
  }
  publish_all();
}

void Backend::turned(const std::string& id, const HealthMonitor::Verdict& verdict) {
  board.set(slots_.at(id), verdict.healthy);
  if (checks.find(id) == nullptr) return;  // A region's gateway: nobody's check.
  try {
    store::WriteBatch batch;
    checks.write_verdict(batch, id, {verdict.healthy, verdict.found, verdict.since_s});
    env.store.write(std::move(batch));
  } catch (const store::StoreFailure&) {
    // DNS goes by the verdict all the same. A restart begins with the one before, and its checkers
    // look again.
  }
}

void Backend::check_alarms(const HealthCheckConfig& config) const {
  if (!config.watches_alarm() || alarms_ != nullptr) return;
  service::refuse_member("HealthCheckConfig.Type",
                         "CLOUDWATCH_METRIC health checks are not implemented.");
}

void Backend::check_children(const HealthCheckConfig& config) {
  for (const std::string& id : config.child_health_checks) {
    const HealthCheck* child = checks.find(id);
    if (child == nullptr) {
      throw errors::invalid_input(
          fmt::format("Invalid parameter : The child health check {} does not exist.", id));
    }
    if (child->config.type == CheckType::kCalculated) {
      throw errors::invalid_input(fmt::format(
          "Invalid parameter : The child health check {} is a calculated health check, which "
          "cannot be a child of another one.",
          id));
    }
  }
}

void Backend::publish_all() {
  std::vector<const HostedZone*> by_age;
  for (const auto& [id, zone] : zones.all()) by_age.push_back(&zone);
  std::ranges::sort(by_age, {}, &HostedZone::sequence);
  for (const HostedZone* zone : by_age) publish(*zone);
}

void Backend::regions_changed() {
  const std::vector<RegionalEndpoint> before =
      std::exchange(endpoints, regional_endpoints(env.config));
  const auto has = [](const std::vector<RegionalEndpoint>& list, const RegionalEndpoint& one) {
    return std::ranges::any_of(list, [&](const RegionalEndpoint& other) {
      return other.region == one.region && other.address == one.address;
    });
  };
  for (const RegionalEndpoint& endpoint : before) {
    if (!has(endpoints, endpoint)) unwatch(region_check_id(endpoint.region));
  }
  for (const RegionalEndpoint& endpoint : endpoints) {
    if (!has(before, endpoint)) watch_region(endpoint);
  }
  answerer.set_endpoints(endpoints);
  // Aliases hold the addresses and the checks of the regions they lead to.
  publish_all();
}

HostedZone& Backend::zone(std::string_view id) {
  const std::string bare = bare_id(id);
  // The model's ResourceId: at most 32, without the path it may carry.
  if (bare.size() > 32) {
    throw errors::invalid_input(fmt::format(
        "1 validation error detected: Value '{}' at 'id' failed to satisfy constraint: Member must "
        "have length less than or equal to 32",
        bare));
  }
  HostedZone* zone = zones.find(bare);
  if (zone == nullptr) throw errors::no_such_hosted_zone(bare);
  return *zone;
}

HealthCheck& Backend::check(std::string_view id) {
  HealthCheck* check = checks.find(id);
  if (check == nullptr) throw errors::no_such_health_check(id);
  return *check;
}

ChangeInfo Backend::new_change(std::string comment) {
  return {"C" + core::random_text(env.random, 20, core::kUpperAlnum), env.clock.now_seconds(),
          std::move(comment)};
}

HealthBoard::Slot Backend::slot_of(std::string_view id) const {
  const auto found = slots_.find(std::string(id));
  return found == slots_.end() ? HealthBoard::kNone : found->second;
}

void Backend::publish(const HostedZone& zone) {
  CompileContext context{.pace = env.config.pace(), .places = places};
  context.slot_of_check = [this](std::string_view id) { return slot_of(id); };
  context.aws_target =
      [this](const AliasTarget& target) -> std::optional<CompileContext::AwsTarget> {
    const RegionalEndpoint* endpoint = endpoint_of(target);
    if (endpoint == nullptr) return std::nullopt;
    return CompileContext::AwsTarget{endpoint->rdata, slot_of(region_check_id(endpoint->region))};
  };
  answerer.put_zone(std::make_shared<CompiledZone>(zone.id, zone.name, zone.records, context));
}

void Backend::watch(const HealthCheck& check) {
  const bool known = slots_.contains(check.id);
  const auto remembered = known ? std::nullopt : checks.find_verdict(check.id);
  if (!known) slots_[check.id] = board.add(!remembered || remembered->healthy);
  monitor.put(check.id, check.config, remembered);
}

void Backend::unwatch(const std::string& id) {
  monitor.remove(id);
  const auto found = slots_.find(id);
  if (found == slots_.end()) return;
  // Records that still name it answer as if they had no check.
  board.set(found->second, true);
  slots_.erase(found);
}

void Backend::watch_region(const RegionalEndpoint& endpoint) {
  // EvaluateTargetHealth on an alias to API Gateway follows whether the region's gateway is there
  // at all. One region's checkers are enough for that.
  HealthCheckConfig config;
  config.type = CheckType::kTcp;
  config.ip_address = endpoint.address;
  config.port = 443;
  config.request_interval = 10;
  config.regions = {"us-east-1"};
  const std::string id = region_check_id(endpoint.region);
  slots_[id] = board.add(true);
  monitor.put(id, config);
}

void Backend::clear() {
  monitor.clear();
  slots_.clear();
  board = HealthBoard();
  zones.clear();
  changes.clear();
  checks.clear();
  answerer.clear();
  for (const RegionalEndpoint& endpoint : endpoints) watch_region(endpoint);
}

bool Backend::probe_allowed(std::string_view address) const {
  return address == env.config.global_address ||
         std::ranges::any_of(env.config.regions, [&](const service::RegionAddress& region) {
           return region.address == address;
         });
}

const RegionalEndpoint* Backend::endpoint_of(const AliasTarget& target) const {
  const std::string_view region = region_of_alias_zone(target.hosted_zone_id);
  const auto name = parse_regional_name(target.dns_name);
  if (region.empty() || !name || !name->below || name->region != region) return nullptr;
  const auto found = std::ranges::find(endpoints, region, &RegionalEndpoint::region);
  return found == endpoints.end() ? nullptr : &*found;
}

bool Backend::alias_target_exists(const AliasTarget& target) const {
  return endpoint_of(target) != nullptr;
}

std::uint16_t Backend::local_port(const std::string& address, std::uint16_t port) const {
  // Region and global processes may listen on unprivileged ports instead of the standard ones.
  if (!probe_allowed(address)) return port;
  if (port == 443) return env.config.ports.https;
  return port == 80 ? env.config.ports.http : port;
}

std::chrono::milliseconds Backend::scaled(std::chrono::milliseconds timeout) const {
  return std::max(env.config.pace().of(timeout), std::min(timeout, kLeastTimeout));
}

bool Backend::find_address(const HealthCheckConfig& config, ProbeRequest& request,
                           ProbeResult& failure) {
  request.address = config.ip_address;
  if (request.address.empty()) {
    const auto name = parse_name(config.fully_qualified_domain_name);
    const Answerer::Resolution found = answerer.resolve(name.value().wire);
    if (found.rdata.empty()) {
      failure.status = "Failure: DNS resolution failed: ";
      failure.status += found.rcode == net::dns::Rcode::kNoError
                            ? "No A records were found."
                            : fmt::format("Rcode {}({})", net::dns::rcode_text(found.rcode),
                                          static_cast<int>(found.rcode));
      return false;
    }
    request.address = rdata_text(net::dns::Type::kA, found.rdata);
  }
  request.port = local_port(request.address, config.port);
  return true;
}

Task<ProbeResult> Backend::look_at_alarm(HealthCheckConfig config) {
  std::optional<bool> ok;
  if (alarms_ != nullptr) ok = co_await alarms_->is_ok(config.alarm_region, config.alarm_name);
  const std::optional<bool> verdict = alarm_verdict(config, ok);
  ProbeResult result;
  result.success = verdict.value_or(true);
  result.keeps = !verdict;
  if (verdict) result.status = *verdict ? "Success: " : "Failure: ";
  result.status += fmt::format("The CloudWatch alarm is in the {} state.", !ok ? "INSUFFICIENT_DATA"
                                                                           : *ok ? "OK"
                                                                                 : "ALARM");
  co_return result;
}

Task<ProbeResult> Backend::look(std::string id, HealthCheckConfig config) {
  if (config.watches_alarm()) {
    ProbeResult seen = co_await look_at_alarm(std::move(config));
    co_return seen;
  }
  ProbeRequest request;
  ProbeResult failure;
  if (!find_address(config, request, failure)) co_return failure;
  request.http = config.http();
  request.tls = config.tls();
  if (config.enable_sni) request.server_name = config.fully_qualified_domain_name;
  request.host = host_header(config);
  request.path =
      config.resource_path.starts_with('/') ? config.resource_path : '/' + config.resource_path;
  request.user_agent = fmt::format(
      "Amazon-Route53-Health-Check-Service (ref {}; report http://amzn.to/1vsZADi)", id);
  request.search_string = config.search_string;
  const std::chrono::milliseconds connect(config.http() ? 4'000 : 10'000);
  request.connect_timeout = scaled(connect);
  request.response_timeout = scaled(std::chrono::milliseconds(2'000));
  request.body_timeout = scaled(std::chrono::milliseconds(2'000));
  ProbeResult result = co_await prober_.probe(std::move(request));
  co_return result;
}

std::size_t max_items(const json::object& input, std::size_t most) {
  const auto text = json::find_string(input, "MaxItems");
  if (!text) return most;
  const auto number = core::parse_uint(*text);
  if (!number || *number == 0) {
    throw errors::invalid_input(fmt::format("Invalid value for MaxItems: '{}'", *text));
  }
  return std::min<std::size_t>(*number, most);
}

}  // namespace tandem::route53

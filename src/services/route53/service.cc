#include "services/route53/service.h"

#include <cmath>
#include <fmt/format.h>
#include <iterator>

#include "services/route53/api/backend.h"
#include "services/route53/health_metrics.h"
#include "services/route53/model/standing_document.h"

namespace tandem::route53 {
namespace {

HealthMonitor::Options monitor_options(const service::Environment& environment,
                                       const Route53Service::Options& options) {
  HealthMonitor::Options monitor;
  monitor.checkers = options.checkers;
  monitor.looks_under_way = options.looks_under_way;
  monitor.pace = environment.config.pace();
  return monitor;
}

}  // namespace

Route53Service::Route53Service(service::Environment environment, Route53Ports ports)
    : Route53Service(environment, ports, Options()) {}

Route53Service::Route53Service(service::Environment environment, Route53Ports ports,
                               Options options)
    : backend_(
          std::make_unique<Backend>(environment, ports, monitor_options(environment, options))) {
  for (const auto& table : {hosted_zone_operations(*backend_), record_operations(*backend_),
                            health_check_operations(*backend_), tag_operations(*backend_),
                            account_operations(*backend_), location_operations(*backend_)}) {
    operations_.insert(operations_.end(), table.begin(), table.end());
  }
}

Route53Service::~Route53Service() = default;

void Route53Service::start() {
  backend_->monitor.start();
  if (backend_->env.meters == nullptr || metrics_) return;
  metrics_ = std::make_unique<HealthMetrics>(backend_->env);
  backend_->env.meters->add_sampler(
      [this] { metrics_->sample(health(), backend_->answerer.queries_by_zone()); });
}

void Route53Service::regions_changed() { backend_->regions_changed(); }

Task<void> Route53Service::stop() { co_await backend_->monitor.stop(); }

const service::Environment& Route53Service::environment() const { return backend_->env; }

std::function<void()> Route53Service::forgetting() {
  return [&backend = *backend_] { backend.clear(); };
}

std::size_t Route53Service::answer(std::span<const std::byte> query, std::span<std::byte> out,
                                   const net::DnsPeer& peer) {
  return backend_->answerer.answer(
      query, out,
      {.transport = peer.transport == net::DnsTransport::kUdp ? Answerer::Transport::kUdp
                                                              : Answerer::Transport::kTcp,
       .address = std::span(peer.address).first(peer.v6 ? 16 : 4)});
}

std::vector<Route53Service::Health> Route53Service::health() const {
  std::vector<Health> all;
  for (const auto& [id, check] : backend_->checks.all()) {
    const HealthMonitor::Verdict verdict = backend_->monitor.verdict(id);
    Health health;
    health.id = id;
    health.target = check.config.fully_qualified_domain_name.empty()
                        ? check.config.ip_address
                        : check.config.fully_qualified_domain_name;
    if (check.config.watches_alarm()) health.target = check.config.alarm_name;
    health.type = check_type_text(check.config.type);
    health.children = check.config.child_health_checks;
    health.inverted = check.config.inverted;
    health.name = json::string_or(backend_->tags.get("healthcheck/" + id).map(), "Name");
    health.healthy = verdict.healthy;
    health.healthy_checkers = verdict.healthy_checkers;
    health.checkers = verdict.checkers;
    health.looked = verdict.looked;
    health.since_s = verdict.since_s;
    all.push_back(std::move(health));
  }
  return all;
}

json::object Route53Service::dns_document() const {
  const RecordStandings records = record_standings(backend_->answerer, backend_->board);
  json::array checks;
  for (const Health& health : this->health()) {
    json::object entry{{"Id", health.id},
                       {"Name", health.name},
                       {"Type", health.type},
                       {"Target", health.target},
                       {"Inverted", health.inverted},
                       {"Healthy", health.healthy},
                       {"Since", core::iso8601_ms(std::llround(health.since_s * 1000))},
                       {"HealthyCheckers", health.healthy_checkers},
                       {"Checkers", health.checkers},
                       {"CheckersThatLooked", health.looked}};
    if (!health.children.empty()) {
      json::array children;
      for (const std::string& id : health.children) children.emplace_back(id);
      entry["Children"] = std::move(children);
    }
    const auto named = records.in_dns.find(health.id);
    if (named != records.in_dns.end()) entry["InDns"] = named->second;
    checks.push_back(std::move(entry));
  }
  return json::object{{"HealthChecks", std::move(checks)},
                      {"Records", records.document},
                      {"Truncated", records.truncated}};
}

void Route53Service::describe_metrics(core::MetricSet& metrics) const {
  using net::dns::Rcode;
  const Answerer::Stats& stats = backend_->answerer.stats();
  auto& queries = metrics.counter("tandem_dns_queries_total", "DNS queries that came in.");
  queries.add(stats.queries[0], {{"transport", "udp"}});
  queries.add(stats.queries[1], {{"transport", "tcp"}});
  auto& answers = metrics.counter("tandem_dns_answers_total", "DNS answers sent.");
  for (const auto rcode : {Rcode::kNoError, Rcode::kFormErr, Rcode::kNxDomain, Rcode::kNotImp,
                           Rcode::kRefused, Rcode::kBadVers}) {
    answers.add(stats.answers[static_cast<std::size_t>(rcode)],
                {{"rcode", std::string(net::dns::rcode_text(rcode))}});
  }
  metrics.counter("tandem_dns_truncated_total", "DNS answers cut short, to be asked for over TCP.")
      .add(stats.truncated);
  metrics.counter("tandem_dns_dropped_total", "DNS queries that nothing was answered to.")
      .add(stats.dropped);
  metrics.counter("tandem_health_probes_total", "Looks that health checkers took.")
      .add(backend_->monitor.looks());
  metrics.counter("tandem_health_probe_failures_total", "Those that found something unhealthy.")
      .add(backend_->monitor.failures());
  auto& healthy = metrics.gauge("tandem_health_check_healthy",
                                "1 while the health check is healthy, as DNS goes by it.");
  for (const Health& health : this->health()) {
    healthy.add(health.healthy ? 1 : 0, {{"id", health.id}});
  }
}

}  // namespace tandem::route53

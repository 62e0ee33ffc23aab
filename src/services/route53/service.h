// Amazon Route 53: hosted zones, records and health checks through the API, the answers of the DNS
// server, and the health checkers. Lives in the global process.
#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "core/json.h"
#include "core/metrics.h"
#include "net/dns_server.h"
#include "service/environment.h"
#include "service/service.h"
#include "services/route53/ports.h"

namespace tandem::route53 {

class Backend;
class HealthMetrics;

class Route53Service final : public service::Service {
 public:
  struct Options {
    std::size_t checkers = 16;          ///< probers that look at each endpoint, 1..256
    std::size_t looks_under_way = 256;  ///< at one moment, all checks together
  };
  Route53Service(service::Environment environment, Route53Ports ports);
  Route53Service(service::Environment environment, Route53Ports ports, Options options);
  ~Route53Service() override;

  std::string_view name() const override { return "route53"; }
  const std::vector<service::Operation>& operations() const override { return operations_; }
  void start() override;
  Task<void> stop() override;

  /// The configuration names other regions than it did: their API Gateways' names answer, and
  /// those of regions that left no more.
  void regions_changed();

  /// The handler of a net::DnsServer.
  std::size_t answer(std::span<const std::byte> query, std::span<std::byte> out,
                     const net::DnsPeer& peer);

  struct Health {
    std::string id;
    std::string name;       ///< the tag "Name"; empty without one
    std::string_view type;  ///< "HTTP" …
    std::string target;     ///< the FQDN, the address or the alarm; empty of a calculated one
    std::vector<std::string> children;  ///< of a calculated one: ids
    bool inverted = false;
    bool healthy = true;
    std::size_t healthy_checkers = 0;  ///< of a calculated one: its children
    std::size_t checkers = 0;
    std::size_t looked = 0;  ///< checkers that have looked at least once
    double since_s = 0;      ///< epoch seconds: when healthy became what it is
  };
  std::vector<Health> health() const;
  /// For /_tandem/dns: the verdicts on the health checks, and how each member of each record stands
  /// because of them, by the judgement that DNS answers by.
  json::object dns_document() const;
  void describe_metrics(core::MetricSet& metrics) const;

 private:
  const service::Environment& environment() const override;
  std::function<void()> forgetting() override;

  std::unique_ptr<Backend> backend_;
  std::unique_ptr<HealthMetrics> metrics_;
  std::vector<service::Operation> operations_;
};

}  // namespace tandem::route53

// The global process.
#pragma once

#include <functional>
#include <memory>
#include <span>

#include "net/dns_server.h"
#include "service/config.h"
#include "service/node.h"
#include "service/region_settings.h"

namespace tandem::global {

/// Route 53, IAM, STS and the unified endpoint, on a node.
class Global {
 public:
  /// Borrows world and config. Throws as Node does.
  Global(const service::World& world, service::Config& config, const service::Node::Options& node);
  ~Global();

  service::Node& node();
  /// A DNS message's answer; see net::DnsHandler.
  std::size_t answer_dns(std::span<const std::byte> query, std::span<std::byte> out,
                         const net::DnsPeer& peer);

 private:
  struct Services;
  std::unique_ptr<Services> services_;
};

service::Node::Options node_options(const service::Config& config,
                                    const service::RegionSettings& settings);

/// Serves Route 53, DNS, IAM, STS and the unified endpoint until SIGTERM; calls on_ready once it
/// does. Returns the exit code; throws when it cannot start.
int run_global(service::Config& config, const service::Node::Options& node,
               const std::function<void()>& on_ready);

}  // namespace tandem::global

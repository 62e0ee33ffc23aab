// Where names and addresses lead in the network of `tandem exec`: those of AWS to the regions and
// to global, the application's by Tandem's DNS, all others to where they lead on this machine.
// Pure.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "net/dns_relay.h"
#include "net/relay.h"
#include "sandbox/cell.h"
#include "service/config.h"

namespace tandem::cli {

class Names {
 public:
  /// zone: of the application's domain, "" when it is not known. resolvers: the machine's own.
  /// Borrows config.
  Names(const service::Config& config, std::string zone, std::vector<std::string> resolvers);

  /// The address at which DNS is asked inside.
  static constexpr std::string_view kResolver = "127.255.0.53";

  static constexpr std::string_view kLoopback = "127.0.0.1";

  /// To listen at, for whatever is served by HTTP.
  std::vector<sandbox::Door> tcp() const;
  bool speaks_tls(const sandbox::Door& door) const;
  /// By TCP and UDP.
  std::vector<sandbox::Door> dns() const;

  net::DnsRelay::Choice choose(std::string_view name) const;
  std::optional<net::Relay::Target> route(const net::Relay::Arrival& arrival) const;

 private:
  std::string address_of(std::string_view aws_name) const;

  const service::Config& config_;
  std::string zone_;
  std::vector<std::string> resolvers_;
};

/// AWS's own: what is below its domains, whether it exists or not. Lower case.
bool is_aws_name(std::string_view name);

/// The servers of resolv.conf(5), three at most.
std::vector<std::string> resolvers_in(std::string_view resolv_conf);
/// Ports of listening sockets in /proc/net/tcp that 127.0.0.1 reaches, in order.
std::vector<std::uint16_t> loopback_ports_in(std::string_view proc_net_tcp);

}  // namespace tandem::cli

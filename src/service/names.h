// Where names and addresses lead in the networks of `tandem exec` and of builds: those of AWS to
// the regions and to global, the application's by Tandem's DNS, all others to where they lead on
// this machine. Pure.
#pragma once

#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "net/dns_relay.h"
#include "net/relay.h"
#include "sandbox/cell.h"
#include "service/config.h"

namespace tandem::service {

/// Addresses and ports; "0.0.0.0" is all addresses.
using Sockets = std::set<std::pair<std::string, std::uint16_t>>;

class Names {
 public:
  /// zone: of the application's domain, "" when it is not known. resolvers: the machine's own.
  /// Borrows config.
  Names(const Config& config, std::string zone, std::vector<std::string> resolvers);

  /// The address at which DNS is asked inside.
  static constexpr std::string_view kResolver = "127.255.0.53";
  /// Of AWS's names that are no region's here.
  static constexpr std::string_view kGlobalNames = "127.255.0.1";

  /// To listen at now, by what listens on the machine: whatever is served by HTTP, as long as it is
  /// (so that who is dead refuses connections there, too), and the machine's own loopback at the
  /// same addresses and ports, 200 at most.
  std::vector<sandbox::Door> wanted(const Sockets& listening) const;
  /// Whatever is served by HTTP, as long as it is or not.
  std::vector<sandbox::Door> served() const;
  bool speaks_tls(const sandbox::Door& door) const;
  /// By TCP and UDP.
  std::vector<sandbox::Door> dns() const;

  net::DnsRelay::Choice choose(std::string_view name) const;
  std::optional<net::Relay::Target> route(const net::Relay::Arrival& arrival) const;

 private:
  std::string address_of(std::string_view aws_name) const;

  const Config& config_;
  std::string zone_;
  std::vector<std::string> resolvers_;
};

/// AWS's own: what is below its domains, whether it exists or not. Lower case.
bool is_aws_name(std::string_view name);

/// A name service switch (nsswitch.conf(5)) whose hosts are looked up in files and by DNS alone:
/// what else the machine would ask instead, like systemd-resolved, is not there inside.
std::string dns_only(std::string_view name_switch);

/// The servers of resolv.conf(5), three at most.
std::vector<std::string> resolvers_in(std::string_view resolv_conf);
/// Listening sockets in /proc/net/tcp and tcp6, as far as IPv4 and "::1" reach them.
Sockets listening_in(std::string_view proc_net_tcp);
/// Whether any connection there is under way.
bool has_connections(std::string_view proc_net_tcp);

}  // namespace tandem::service

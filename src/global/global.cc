#include "global/global.h"

#include "global/forward.h"
#include "global/identities.h"
#include "net/dns_server.h"
#include "service/lives.h"
#include "service/node.h"
#include "services/iam/service.h"
#include "services/route53/probe/network_prober.h"
#include "services/route53/service.h"
#include "services/sts/service.h"

namespace tandem::global {

namespace {

service::Node::Ended live(const service::Config& config, const service::Node::Options& options,
                          const std::function<void()>& on_ready) {
  service::Node node(config, options);
  iam::IamService iam(node.environment("iam"), node.keys());
  AccountIdentities identities(iam);
  sts::StsService sts(node.environment("sts"), node.keys(), identities);
  route53::NetworkProber prober(node.executor());
  route53::Route53Service route53(node.environment("route53"), {.prober = prober});
  iam.on_gone([&sts](std::string_view unique_id) { sts.end_sessions_of(unique_id); });
  node.add(iam);
  node.add(sts);
  node.add(route53);
  node.add_metrics([&route53] { return route53.metrics(); });
  node.add_document("/_tandem/dns", [&route53] { return route53.dns_document(); });

  net::DnsServer dns(
      node.executor(), {},
      [&route53](std::span<const std::byte> query, std::span<std::byte> out,
                 const net::DnsPeer& peer) { return route53.answer(query, out, peer.transport); });
  dns.listen(config.global_address, config.ports.dns);
  node.add_life({.start = [&dns] { dns.start(); }, .stop = [&dns] { return dns.stop(); }});

  Forwarder forwarder(node);
  node.set_front([&forwarder](net::HttpRequest& request) { return forwarder.take(request); });
  node.set_data_plane(&Forwarder::is_data_plane);
  return node.run(on_ready);
}

}  // namespace

int run_global(const service::Config& config, const service::FunctionSettings& functions,
               const std::function<void()>& on_ready) {
  // Global services answer in us-east-1, where AWS keeps their control planes.
  const service::Node::Options node{.name = "global",
                                    .region = "us-east-1",
                                    .address = config.global_address,
                                    .http_ports = {config.ports.endpoint},
                                    .identities = service::Node::Identities::kHere,
                                    .own_paths = service::own_paths_of(functions)};
  const auto life = [&](const service::Node::Options& options,
                        const std::function<void()>& serving) {
    return live(config, options, serving);
  };
  return service::run_lives(config, node, life, on_ready);
}

}  // namespace tandem::global

#include "global/global.h"

#include "global/alarm_states.h"
#include "global/bucket_list.h"
#include "global/forward.h"
#include "global/front_page.h"
#include "global/identities.h"
#include "global/measured.h"
#include "service/identity_feed.h"
#include "service/lives.h"
#include "service/process.h"
#include "services/iam/service.h"
#include "services/route53/probe/network_prober.h"
#include "services/route53/service.h"
#include "services/sts/service.h"

namespace tandem::global {

/// In order of dependence.
struct Global::Services {
  Services(const service::World& world, service::Config& config,
           const service::Node::Options& options)
      : node(world, config, options),
        iam(node.environment("iam"), node.keys()),
        identities(iam),
        sts(node.environment("sts"), node.keys(), identities),
        feed(kinds_of(iam, sts), world.random),
        prober(world.network.prober()),
        alarms(node),
        route53(node.environment("route53"), {.prober = prober, .alarms = &alarms}),
        buckets(node),
        measured(node),
        forwarder(node,
                  [this](std::string_view bucket) { return buckets.registry().known(bucket); }) {
    iam.on_gone([this](std::string_view unique_id) { sts.end_sessions_of(unique_id); });
    tell_regions();
    node.add(iam);
    node.add(sts);
    node.add(route53);
    node.metrics().add([this](core::MetricSet& metrics) { route53.describe_metrics(metrics); });
    node.add_document("/_tandem/dns", [this] { return route53.dns_document(); });
    node.set_front([this](net::HttpRequest& request) -> std::optional<Task<net::HttpResponse>> {
      if (auto page = front_page(request, node.config())) return answer(std::move(*page));
      return forwarder.take(request);
    });
    node.set_front_takes_source(&Forwarder::takes_source);
    node.set_data_plane(&Forwarder::is_data_plane);
    node.on_regions_changed([this] {
      route53.regions_changed();
      buckets.regions_changed();
    });
  }

  static std::vector<service::IdentityKind> kinds_of(const iam::IamService& iam,
                                                     const sts::StsService& sts) {
    std::vector<service::IdentityKind> kinds = iam.identity_kinds();
    kinds.push_back(sts.identity_kind());
    return kinds;
  }

  /// What changes in IAM and STS, regions hear of as soon as it is stored.
  void tell_regions() {
    const auto changed = [this](std::string_view kind, std::string_view id) {
      feed.changed(kind, id);
    };
    const auto emptied = [this] { feed.restart(); };
    iam.on_changed(changed);
    iam.on_emptied(emptied);
    sts.on_changed(changed);
    sts.on_emptied(emptied);
    for (auto& row : feed.rows()) node.add_row(std::move(row));
    node.add_life({.start = [] {},
                   .stop = [this] { return stop_telling(); },
                   .closing = [this] { feed.close(); }});
  }

  Task<void> stop_telling() {
    feed.close();
    co_return;
  }

  static Task<net::HttpResponse> answer(net::HttpResponse response) { co_return response; }

  service::Node node;
  iam::IamService iam;
  AccountIdentities identities;
  sts::StsService sts;
  service::IdentityFeed feed;
  route53::NetworkProber prober;
  AlarmStates alarms;
  route53::Route53Service route53;
  BucketList buckets;
  Measured measured;
  Forwarder forwarder;
};

Global::Global(const service::World& world, service::Config& config,
               const service::Node::Options& node)
    : services_(std::make_unique<Services>(world, config, node)) {}

Global::~Global() = default;

service::Node& Global::node() { return services_->node; }

std::size_t Global::answer_dns(std::span<const std::byte> query, std::span<std::byte> out,
                               const net::DnsPeer& peer) {
  return services_->route53.answer(query, out, peer);
}

service::Node::Options node_options(const service::Config& config,
                                    const service::RegionSettings& settings) {
  // Global services answer in us-east-1, where AWS keeps their control planes.
  return {.name = "global",
          .region = "us-east-1",
          .address = config.global_address,
          .http_ports = {config.ports.endpoint},
          .identities = service::Node::Identities::kHere,
          .own_paths = service::own_paths_of(settings)};
}

int run_global(service::Config& config, const service::Node::Options& node,
               const std::function<void()>& on_ready) {
  const auto life = [&](const service::Node::Options& options,
                        const std::function<void()>& serving) {
    service::Process process(config, options);
    Global global(process.world(), config, options);
    net::DnsServer dns(
        process.world().executor, {},
        [&global](std::span<const std::byte> query, std::span<std::byte> out,
                  const net::DnsPeer& peer) { return global.answer_dns(query, out, peer); });
    dns.listen(config.global_address, config.ports.dns);
    global.node().add_life(
        {.start = [&dns] { dns.start(); }, .stop = [&dns] { return dns.stop(); }});
    return process.run(global.node(), serving);
  };
  return service::run_lives(config, node, life, on_ready);
}

}  // namespace tandem::global

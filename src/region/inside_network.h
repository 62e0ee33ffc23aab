// The AWS that functions and builds see in their own networks: the same addresses and ports as
// outside, and those that AWS's names lead to (service/names.h). Behind them are the APIs of every
// region and of global, nothing else. Tandem's own paths, the replication port and the Runtime APIs
// of others do not exist there.
//
// This process answers for its own region; what is another's goes there over HTTP, as it would from
// outside, so that a dead or cut-off region looks the same to a function as to anybody.
#pragma once

#include <functional>
#include <list>
#include <memory>
#include <optional>
#include <vector>

#include "core/random.h"
#include "net/dns_relay.h"
#include "net/http_server.h"
#include "net/tls.h"
#include "service/names.h"
#include "service/node.h"
#include "services/lambda/ports.h"

namespace tandem::region {

class InsideNetwork final : public lambda::FunctionNetwork {
 public:
  using Handler = std::function<Task<net::HttpResponse>(net::HttpRequest)>;
  /// own_region answers what is meant for this process's region, own_name. Borrows node.
  /// resolvers: of names that are neither AWS's nor the application's; none: those do not exist.
  InsideNetwork(service::Node& node, std::string own_name, std::vector<std::string> resolvers,
                Handler own_region);

  std::vector<std::uint16_t> ports() const override;
  std::vector<sandbox::Door> name_servers() const override;
  std::unique_ptr<Session> serve(Sockets sockets) override;
  /// The same for a network in which AWS's names lead to us (service/names.h): sockets that listen
  /// where those names lead, without TLS and with.
  std::unique_ptr<Session> serve_names(std::vector<net::Descriptor> plain,
                                       std::vector<net::Descriptor> tls);
  Task<void> stop() override;
  /// Functions that run know the new regions' names and addresses from here on.
  void regions_changed();

 private:
  class Served;
  enum class Refusal { kNotFound, kForbidden };

  void issue_certificate();
  std::unique_ptr<Served> serve_all(std::vector<net::Descriptor> plain,
                                    std::vector<net::Descriptor> secure, net::ServerTls& tls);
  Task<void> end(std::shared_ptr<net::HttpServer> server);
  Task<void> end_names(std::shared_ptr<net::DnsRelay> relay);
  void issue_by_name(net::ServerTls& tls);
  Task<net::HttpResponse> answer(net::HttpRequest request);
  struct Elsewhere {
    net::HttpTarget target;
    std::string where;
  };
  std::optional<Elsewhere> meant_for_another(const net::HttpRequest& request) const;
  Task<net::HttpResponse> forward(net::HttpTarget target, std::string where,
                                  net::HttpRequest request);
  static net::HttpResponse refuse(Refusal refusal);

  service::Node& node_;
  std::string own_name_;
  Handler own_region_;
  service::Names names_;
  net::ServerTls tls_;  ///< for names and addresses of all regions
  bool has_certificate_ = false;
  net::ServerTls names_tls_;  ///< for whatever name is asked for
  bool has_issuer_ = false;
  /// Servers of functions that have ended, as long as requests of theirs are under way.
  std::list<std::shared_ptr<net::HttpServer>> ending_;
  std::list<std::shared_ptr<net::DnsRelay>> ending_names_;
  core::TaskGroup roots_;
};

}  // namespace tandem::region

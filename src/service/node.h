// The body of a process: the store, the keys and the dispatcher that region/ and global/ put their
// services into. A request goes in and an answer comes out; everything of the world it has from
// World. What listens, and what ends with a signal, is service/process.h; the simulator runs many
// nodes in one thread.
//
// Order of life: construct; environment() and add() for each service; start(); stop().
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "net/http.h"
#include "net/http_client.h"
#include "net/tls.h"
#include "service/dispatch.h"
#include "service/endpoints.h"
#include "service/environment.h"
#include "service/identity_plane.h"
#include "service/own_paths.h"
#include "service/service.h"
#include "service/world.h"

namespace tandem::service {

class Node {
 public:
  /// Whether this process keeps the keys of IAM's users and of STS's sessions, or hears of them
  /// from global.
  enum class Identities { kElsewhere, kHere };
  struct Options {
    std::string name;     ///< "us-east-1" or "global": its folder under the state folder
    std::string region;   ///< "us-east-1" for global, too: where global services live
    std::string address;  ///< to listen on
    std::vector<std::uint16_t> http_ports;
    std::vector<std::uint16_t> https_ports;
    /// How long a store that failed is left alone before it is opened again.
    std::chrono::milliseconds patience{0};
    Identities identities = Identities::kElsewhere;
    OwnPaths own_paths = OwnPaths::kOpen;
    /// The regions as the configuration's file names them now. Throws std::invalid_argument when
    /// anything else in it has changed, which takes a new process. Empty: the regions stay.
    std::function<std::vector<RegionAddress>()> read_regions;
  };
  /// Opens the store and the CA. Throws store::StoreError, net::TlsError, std::system_error.
  /// Borrows world and config, of which the node changes the regions alone, and itself alone.
  Node(const World& world, Config& config, Options options);
  ~Node();

  /// The world for one service, with a store scope and a folder of its own.
  Environment environment(std::string_view service);
  /// Borrows the service, which must be destroyed before the node.
  void add(Service& service);
  /// Something beside the services that lives as long as the process serves (a DNS server).
  struct Life {
    std::function<void()> start;
    std::function<Task<void>()> stop;
    /// The process is about to end: requests that wait for something are answered. May be empty.
    std::function<void()> closing = nullptr;
  };
  void add_life(Life life);
  /// Asked first for every request; nothing means that /_tandem/ and the AWS APIs come next.
  using Front = std::function<std::optional<Task<net::HttpResponse>>(net::HttpRequest& request)>;
  void set_front(Front front);
  /// Says which requests are for an API's data plane, which pages of any origin may call. All
  /// others are guarded (service/web_guard.h).
  using DataPlane = std::function<bool(const net::HttpRequest& head)>;
  void set_data_plane(DataPlane data_plane);
  /// Says which requests the front takes with their bodies as sources.
  using TakesSource = std::function<bool(const net::HttpRequest& head)>;
  void set_front_takes_source(TakesSource takes_source);
  /// What /_tandem/metrics shows. Whoever adds to it lives as long as the node serves.
  core::Metrics& metrics();
  /// What its services measure, which they reach by their environments.
  core::Meters& meters();

  /// A JSON document of the process's own, to GET at path ("/_tandem/dns").
  void add_document(std::string path, std::function<json::object()> document);
  /// The same for other methods, and for what lies below a path.
  void add_row(TandemEndpoints::Row row);

  /// A member of /_tandem/health that says what is wrong while the process serves; left out while
  /// why is empty.
  void add_trouble(std::string member, std::function<std::string()> why);

  /// Regions come and go while the process serves. Called after config() has changed, for whoever
  /// keeps something for each of them.
  void on_regions_changed(std::function<void()> callback);
  /// What POST /_tandem/reload does with what it has read. Throws std::invalid_argument when this
  /// process's own region is not among them where it listens.
  void set_regions(std::vector<RegionAddress> regions);

  /// What /_tandem/links shows and changes.
  void set_links(LinkControl links);

  /// How a life ends. kReopen: the store failed, or refused writes and may take them again: destroy
  /// everything and build it anew (service/lives.h).
  enum class Ended { kStopped, kReopen };
  /// Starts the services in the order in which they were added, then the lives. reopen is called at
  /// most once, when the node is to end with kReopen. When this throws, stop() is due all the same.
  void start(std::function<void()> reopen);
  /// Before the listener ends, which lets requests under way come to their end.
  void close();
  Task<void> stop();

  /// Any request; never throws but when cancelled.
  Task<net::HttpResponse> handle(net::HttpRequest request);
  /// What is refused once the head is in and before a body is read: an answer when it is.
  std::optional<net::HttpResponse> admit(const net::HttpRequest& head);
  /// Of bytes, for this request.
  std::size_t body_limit(const net::HttpRequest& head) const;
  /// Whether handle() wants this request's body as a source.
  bool takes_source(const net::HttpRequest& head) const;
  /// The answer to what the listener itself refuses, in the caller's protocol's shape; nothing: in
  /// plain text.
  std::optional<net::HttpResponse> refusal(const net::HttpRequest& head, int status);

  const World& world() const;
  const Options& options() const;
  const Config& config() const;
  KeyRing& keys();
  /// A region's copy of what IAM and STS keep; null in global, which has the services themselves.
  const IdentityPlane* identities() const;
  Dispatcher& dispatcher();
  net::HttpClient& http_client();
  net::ServerTls& tls();
  const net::LocalCa& ca() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace tandem::service

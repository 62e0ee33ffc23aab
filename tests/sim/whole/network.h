// The network between simulated machines, at the granularity of messages.
//
// Legal faults:
// - Every message takes a while. Messages of one stream keep their order; two HTTP exchanges, two
//   probes and two datagrams need not.
// - Between two machines there may be no way (a cut, in both directions): who connects learns it by
//   a timeout, what is under way never arrives, and streams fall silent until their ends give up.
// - A connection may break at any moment. An HTTP request that was not answered may have been
//   carried out. What was under way in a stream that broke may still arrive, also after its peer
//   has connected anew.
// - A datagram may be lost, come twice, or be overtaken.
// - A machine that is down refuses connections; one that is frozen takes them and says nothing.
#pragma once

#include <boost/asio/io_context.hpp>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "core/random.h"
#include "net/network.h"
#include "tests/sim/whole/time.h"

namespace tandem::sim {

using namespace std::chrono_literals;

/// What a machine is to the network. Owned by the world, never destroyed before it.
struct Host : Runner {
  std::string name;
  std::string address;
  asio::io_context* loop = nullptr;  ///< null: down
  bool frozen = false;               ///< its loop is not run
  std::uint64_t life = 0;            ///< counts starts: nothing of an earlier one arrives later
  /// Of the process that runs there now.
  std::function<Task<net::HttpResponse>(net::HttpRequest)> serve;
};

struct NetworkFaults {
  std::chrono::microseconds least_delay{50};
  std::chrono::microseconds most_delay{2'000};
  double exchange_breaks = 0;  ///< of HTTP exchanges
  double datagram_lost = 0;
  double datagram_doubled = 0;
};

class Stream;
struct Exchange;

class Wire {
 public:
  Wire(Time& time, core::Random& random) : time_(time), random_(random) {}

  void add(Host& host) { hosts_[host.address] = &host; }
  Host* find(const std::string& address);

  NetworkFaults faults;
  void cut(const Host& one, const Host& other) { cuts_.insert(pair_of(one, other)); }
  void mend(const Host& one, const Host& other) { cuts_.erase(pair_of(one, other)); }
  void mend_all() { cuts_.clear(); }
  bool is_cut(const Host& one, const Host& other) const;
  /// Every stream between the two.
  void break_streams(const Host& one, const Host& other);
  /// Streams of a machine that has just gone down: its peers learn of it.
  void host_is_down(const Host& host);

  std::chrono::nanoseconds delay();
  bool chance(double probability) { return random_.unit() < probability; }
  Time& time() { return time_; }

  /// Something happens at a machine after a while, unless it has died since.
  void deliver(Host& to, std::chrono::nanoseconds delay, std::function<void()> event);

  struct Listening {
    Host* host;
    std::uint16_t port;
    std::function<void(std::unique_ptr<net::Stream>)> accept;
  };
  std::vector<Listening*> listening;
  std::vector<Stream*> streams;                      ///< of machines that run
  std::vector<std::shared_ptr<Exchange>> exchanges;  ///< under way

 private:
  static std::pair<std::string, std::string> pair_of(const Host& one, const Host& other);

  Time& time_;
  core::Random& random_;
  std::map<std::string, Host*> hosts_;
  std::set<std::pair<std::string, std::string>> cuts_;
};

/// The network as one machine sees it.
class HostNetwork final : public net::Network {
 public:
  HostNetwork(Wire& wire, Host& self) : wire_(wire), self_(self) {}
  std::unique_ptr<net::HttpClient> http_client(net::HttpClient::Options options) override;
  std::unique_ptr<net::EndpointProber> prober() override;
  std::unique_ptr<net::StreamListener> listen(const std::string& address,
                                              std::uint16_t port) override;
  Task<Connected> connect(std::string address, std::uint16_t port) override;

 private:
  Wire& wire_;
  Host& self_;
};

}  // namespace tandem::sim

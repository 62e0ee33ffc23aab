// A whole world in one thread, from one seed: machines, the network between them, somebody who
// deploys, and clients that come by DNS.
#pragma once

#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "aws/api.h"
#include "service/remote_api.h"
#include "tests/sim/whole/machine.h"
#include "topology/topology.h"

namespace tandem::sim {

struct CloudOptions {
  std::vector<std::string> regions{"us-east-1", "us-west-2"};
  service::Durability durability = service::Durability::kWal;
  double clock_speed = 1;
};

/// Something did not happen in time, or must not have happened.
struct Broken : std::runtime_error {
  using std::runtime_error::runtime_error;
};

class Cloud {
 public:
  Cloud(std::uint64_t seed, CloudOptions options);
  ~Cloud();

  /// Makes the keys that all worlds of this process use, and of those forked from it. It takes a
  /// tenth of what a seed does, and is done by the first world otherwise.
  static void make_keys();

  /// Lets the world go on until holds, at most for limit of its time.
  bool run_until(const std::function<bool()>& holds, std::chrono::nanoseconds limit);
  void run_for(std::chrono::nanoseconds duration);
  /// Runs task as the operator, at most for limit of the world's time; throws Broken after it.
  template <class T>
  T as_operator(std::string what, Task<T> task, std::chrono::nanoseconds limit);
  /// A coroutine of the operator's that goes on beside everything else.
  void spawn(Task<void> task);

  void deploy();
  /// Looks for damage and mends it, as `tandem up` does, and deploys.
  void mend();
  /// What `tandem up` does when tandem.yaml names one region more, or one less: the processes that
  /// run are told, and run on.
  void join(const std::string& region);
  void leave(const std::string& region);

  Machine& machine(const std::string& name);
  Machine& global() { return *machines_.front(); }
  std::vector<Machine*> regions();
  Wire& wire() { return wire_; }
  Time& time() { return time_; }
  core::Random& random() { return random_; }
  bool chance(double probability) { return random_.unit() < probability; }
  aws::Api& api() { return *api_; }
  net::HttpClient& http() { return *http_; }
  const topology::Topology& topology() const { return topology_; }
  const service::Config& config() const { return config_; }
  std::string api_key() const { return "simulated-key-0123456789"; }
  double seconds() const;

  /// Of the application's name, through UDP as it comes. Nothing when nobody answered in time.
  struct Resolved {
    std::vector<std::string> addresses;
    std::uint32_t ttl = 0;
  };
  Task<std::optional<Resolved>> resolve();

 private:
  bool poll();
  void make_files();
  void read_topology(const std::string& without = "");
  void add_machine(const service::RegionAddress& region);
  void tell_regions();
  Task<void> deploy_task(std::vector<std::string> leaving);
  Task<void> mend_task();
  Handler handler_of(Host& host);

  core::SeededRandom random_;
  CloudOptions options_;
  Time time_;
  core::ScopedTimeSource scope_{time_};
  Wire wire_{time_, random_};
  std::unique_ptr<net::KeyMaker> keys_;
  std::filesystem::path folder_;
  service::Config config_;
  service::RegionSettings settings_;
  topology::Topology topology_;
  std::vector<std::unique_ptr<Machine>> machines_;  ///< global first
  std::vector<std::unique_ptr<Machine>> gone_;      ///< of regions that left
  std::optional<Setting> setting_;
  int last_address_ = 9;  ///< 127.0.N.1
  asio::io_context operator_loop_{1};
  Host operator_;
  Clock operator_clock_{time_};
  std::unique_ptr<HostNetwork> operator_network_;
  std::unique_ptr<net::HttpClient> http_;
  std::unique_ptr<service::RemoteApi> api_;
  std::uint16_t dns_id_ = 0;
};

template <class T>
T Cloud::as_operator(std::string what, Task<T> task, std::chrono::nanoseconds limit) {
  std::exception_ptr escaped;
  bool ended = false;
  operator_.due = true;
  if constexpr (std::is_void_v<T>) {
    asio::co_spawn(operator_loop_, std::move(task), [&](const std::exception_ptr& error) {
      escaped = error;
      ended = true;
    });
    if (!run_until([&] { return ended; }, limit)) throw Broken(what + " does not end");
    if (escaped) std::rethrow_exception(escaped);
  } else {
    std::optional<T> result;
    asio::co_spawn(operator_loop_, std::move(task), [&](const std::exception_ptr& error, T value) {
      escaped = error;
      result = std::move(value);
      ended = true;
    });
    if (!run_until([&] { return ended; }, limit)) throw Broken(what + " does not end");
    if (escaped) std::rethrow_exception(escaped);
    return std::move(*result);
  }
}

}  // namespace tandem::sim

// The health checkers at work: each looks at each endpoint at its own moment, on a connection of
// its own, and the verdicts go to the health board that DNS answers by.
//
// One driver takes what is due from a queue; the number of looks under way is bounded. A new check
// finds its endpoint healthy until there are data; what was found before a restart its owner
// remembers and gives back. Calculated checks are judged anew whenever a child's verdict turns.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <queue>
#include <string>
#include <vector>

#include "core/clock.h"
#include "core/pace.h"
#include "core/random.h"
#include "core/task.h"
#include "services/route53/model/health_state.h"
#include "services/route53/model/selection.h"
#include "services/route53/ports.h"

namespace tandem::route53 {

struct CheckerObservation {
  std::string region;
  std::string address;
  Observation observation;
};

class HealthMonitor {
 public:
  struct Options {
    std::size_t checkers = kDefaultCheckers;
    std::size_t looks_under_way = 256;
    core::Pace pace{};
  };
  /// What a checker does in its turn: resolves and asks. A failure found before anything was sent
  /// comes back as a result.
  using Look = std::function<Task<ProbeResult>(std::string id, HealthCheckConfig config)>;
  struct Verdict {
    bool healthy = true;
    /// Of a calculated check: its children.
    std::size_t healthy_checkers = 0;
    std::size_t checkers = 0;
    std::size_t looked = 0;  ///< those that have looked at least once
    double since_s = 0;      ///< epoch seconds: when healthy became what it is
    bool found = true;       ///< before Disabled and Inverted
  };
  using Changed = std::function<void(const std::string& id, const Verdict& verdict)>;

  /// Borrows clock and random. changed is called when a verdict turns, and once for each new check.
  HealthMonitor(asio::any_io_executor executor, core::Clock& clock, core::Random& random,
                Options options, Look look, Changed changed);
  ~HealthMonitor();

  void start();
  Task<void> stop();

  /// Adds a check, or changes the one with this id, whose opinions so far are kept. A new one goes
  /// on from what is remembered. A child that is not there counts as healthy, so children go first.
  void put(const std::string& id, const HealthCheckConfig& config,
           const std::optional<RememberedVerdict>& remembered = std::nullopt);
  void remove(const std::string& id);
  void clear();

  /// What was announced last, so what DNS answers by.
  Verdict verdict(const std::string& id) const;
  /// Of the checkers that have looked at least once.
  std::vector<CheckerObservation> observations(const std::string& id) const;
  std::vector<CheckerObservation> last_failures(const std::string& id) const;

  std::uint64_t looks() const { return looks_; }
  std::uint64_t failures() const { return failures_; }

 private:
  struct Check;
  struct Turn;
  struct Later {
    bool operator()(const Turn& a, const Turn& b) const;
  };

  bool takes_part(const Check& check, std::size_t checker) const;
  Verdict judge(const Check& check) const;
  void count_children(const Check& check, Verdict& verdict) const;
  void announce(Check& check);
  void announce_parents(const std::string& child);
  void schedule(const std::shared_ptr<Check>& check, std::size_t checker, double seconds);
  Task<void> drive();
  Task<void> take_turn(std::shared_ptr<Check> check, std::size_t checker);

  asio::any_io_executor executor_;
  core::Clock& clock_;
  core::Random& random_;
  Options options_;
  Look look_;
  Changed changed_;
  std::vector<Checker> checkers_;
  std::map<std::string, std::shared_ptr<Check>, std::less<>> checks_;
  std::unique_ptr<std::priority_queue<Turn, std::vector<Turn>, Later>> turns_;
  core::Timer wake_;
  core::TaskGroup tasks_;
  std::size_t under_way_ = 0;
  bool running_ = false;
  std::uint64_t looks_ = 0;
  std::uint64_t failures_ = 0;
};

}  // namespace tandem::route53

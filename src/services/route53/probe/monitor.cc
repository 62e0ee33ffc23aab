#include "services/route53/probe/monitor.h"

#include <algorithm>
#include <boost/asio/redirect_error.hpp>

#include "core/supervise.h"

namespace tandem::route53 {

struct HealthMonitor::Check {
  std::string id;
  HealthCheckConfig config;
  std::vector<CheckerOpinion> opinions;  ///< one for each checker
  std::uint64_t generation = 0;          ///< turns of an older one are void
  bool removed = false;
  bool announced = false;
  bool healthy = true;
  double since_s = 0;
};

struct HealthMonitor::Turn {
  std::int64_t due_ns;
  std::shared_ptr<Check> check;
  std::size_t checker;
  std::uint64_t generation;
};

bool HealthMonitor::Later::operator()(const Turn& a, const Turn& b) const {
  return a.due_ns > b.due_ns;
}

HealthMonitor::HealthMonitor(asio::any_io_executor executor, core::Clock& clock,
                             core::Random& random, Options options, Look look, Changed changed)
    : executor_(executor),
      clock_(clock),
      random_(random),
      options_(options),
      look_(std::move(look)),
      changed_(std::move(changed)),
      checkers_(checker_population(std::max<std::size_t>(1, options.checkers))),
      turns_(std::make_unique<std::priority_queue<Turn, std::vector<Turn>, Later>>()),
      wake_(executor),
      tasks_(executor) {}

HealthMonitor::~HealthMonitor() = default;

void HealthMonitor::start() {
  running_ = true;
  core::supervise(tasks_, "health checkers", [this] { return drive(); });
}

Task<void> HealthMonitor::stop() {
  running_ = false;
  clear();
  co_await tasks_.stop();
}

bool HealthMonitor::takes_part(const Check& check, std::size_t checker) const {
  // An alarm has one state, whoever asks.
  if (check.config.watches_alarm()) return checker == 0;
  const auto& regions = check.config.regions;
  return regions.empty() || std::ranges::find(regions, checkers_[checker].region) != regions.end();
}

void HealthMonitor::put(const std::string& id, const HealthCheckConfig& config,
                        const std::optional<RememberedVerdict>& remembered) {
  std::shared_ptr<Check> check = checks_[id];
  if (!check) {
    check = checks_[id] = std::make_shared<Check>();
    check->id = id;
    check->opinions.resize(checkers_.size(), CheckerOpinion(!remembered || remembered->found));
    if (remembered) {
      check->announced = true;
      check->healthy = remembered->healthy;
      check->since_s = remembered->since_s;
    }
  }
  check->config = config;
  ++check->generation;
  announce(*check);
  if (config.disabled || config.calculated()) return;
  // Checkers do not know of each other: each starts at a moment of its own.
  for (std::size_t i = 0; i < checkers_.size(); ++i) {
    if (takes_part(*check, i)) schedule(check, i, random_.unit() * config.request_interval);
  }
}

void HealthMonitor::remove(const std::string& id) {
  const auto found = checks_.find(id);
  if (found == checks_.end()) return;
  found->second->removed = true;
  checks_.erase(found);
  announce_parents(id);
}

void HealthMonitor::clear() {
  for (auto& [id, check] : checks_) check->removed = true;
  checks_.clear();
}

void HealthMonitor::schedule(const std::shared_ptr<Check>& check, std::size_t checker,
                             double seconds) {
  const auto wait = options_.pace.of(std::chrono::nanoseconds(std::llround(seconds * 1e9))).count();
  turns_->push({clock_.steady_ns() + wait, check, checker, check->generation});
  // The driver may be asleep until a later turn.
  if (turns_->top().check == check) wake_.cancel();
}

Task<void> HealthMonitor::drive() {
  constexpr std::int64_t kLongestSleepNs = 60'000'000'000;
  while (running_) {
    std::int64_t wait = kLongestSleepNs;
    while (!turns_->empty() && under_way_ < options_.looks_under_way) {
      const Turn& next = turns_->top();
      const bool stale = next.check->removed || next.generation != next.check->generation;
      wait = next.due_ns - clock_.steady_ns();
      if (!stale && wait > 0) break;
      const Turn turn = next;
      turns_->pop();
      wait = kLongestSleepNs;
      if (stale) continue;
      ++under_way_;
      tasks_.spawn("health checker", take_turn(turn.check, turn.checker));
    }
    boost::system::error_code woken;
    wake_.expires_after(std::chrono::nanoseconds(std::min(wait, kLongestSleepNs)));
    co_await wake_.async_wait(asio::redirect_error(asio::use_awaitable, woken));
  }
}

Task<void> HealthMonitor::take_turn(std::shared_ptr<Check> check, std::size_t checker) {
  const std::uint64_t generation = check->generation;
  ProbeResult result;
  try {
    result = co_await look_(check->id, check->config);
  } catch (const std::exception&) {
    // Cancelled: the process ends.
    --under_way_;
    throw;
  }
  --under_way_;
  wake_.cancel();
  ++looks_;
  failures_ += !result.success;
  if (check->removed || generation != check->generation) co_return;
  if (result.keeps) result.success = check->opinions[checker].healthy();
  Observation observation{result.success, std::move(result.status), clock_.now_seconds()};
  check->opinions[checker].add(std::move(observation), check->config.failure_threshold);
  announce(*check);
  // The interval runs from the answer to the next request (API reference, RequestInterval).
  schedule(check, checker, check->config.request_interval);
}

/// A child that was deleted counts as healthy, as it does to records that still name it: AWS says
/// that the status "can't be predicted" then, and this way nobody is taken out of DNS by it.
void HealthMonitor::count_children(const Check& check, Verdict& verdict) const {
  verdict.checkers = check.config.child_health_checks.size();
  for (const std::string& id : check.config.child_health_checks) {
    const auto child = checks_.find(id);
    const bool there = child != checks_.end();
    verdict.healthy_checkers += !there || child->second->healthy;
    verdict.looked += !there || judge(*child->second).looked > 0;
  }
}

HealthMonitor::Verdict HealthMonitor::judge(const Check& check) const {
  Verdict verdict;
  if (check.config.calculated()) count_children(check, verdict);
  for (std::size_t i = 0; !check.config.calculated() && i < checkers_.size(); ++i) {
    if (!takes_part(check, i)) continue;
    ++verdict.checkers;
    verdict.healthy_checkers += check.opinions[i].healthy();
    verdict.looked += check.opinions[i].last().has_value();
  }
  verdict.found = finds_healthy(check.config, verdict.healthy_checkers, verdict.checkers);
  verdict.healthy = verdict_on(check.config, verdict.found);
  verdict.since_s = check.since_s;
  return verdict;
}

void HealthMonitor::announce(Check& check) {
  Verdict verdict = judge(check);
  if (check.announced && check.healthy == verdict.healthy) return;
  check.announced = true;
  check.healthy = verdict.healthy;
  check.since_s = verdict.since_s = clock_.now_seconds();
  changed_(check.id, verdict);
  announce_parents(check.id);
}

/// Calculated checks are nobody's children, so this goes one step and no further.
void HealthMonitor::announce_parents(const std::string& child) {
  for (const auto& [id, check] : checks_) {
    const auto& children = check->config.child_health_checks;
    if (std::ranges::binary_search(children, child)) announce(*check);
  }
}

HealthMonitor::Verdict HealthMonitor::verdict(const std::string& id) const {
  const auto found = checks_.find(id);
  return found == checks_.end() ? Verdict() : judge(*found->second);
}

std::vector<CheckerObservation> HealthMonitor::observations(const std::string& id) const {
  std::vector<CheckerObservation> seen;
  const auto found = checks_.find(id);
  if (found == checks_.end()) return seen;
  for (std::size_t i = 0; i < checkers_.size(); ++i) {
    const auto& last = found->second->opinions[i].last();
    if (!takes_part(*found->second, i) || !last) continue;
    seen.push_back({std::string(checkers_[i].region), checkers_[i].address, *last});
  }
  return seen;
}

std::vector<CheckerObservation> HealthMonitor::last_failures(const std::string& id) const {
  std::vector<CheckerObservation> seen;
  const auto found = checks_.find(id);
  if (found == checks_.end()) return seen;
  for (std::size_t i = 0; i < checkers_.size(); ++i) {
    const auto& failure = found->second->opinions[i].last_failure();
    if (!takes_part(*found->second, i) || !failure) continue;
    seen.push_back({std::string(checkers_[i].region), checkers_[i].address, *failure});
  }
  return seen;
}

}  // namespace tandem::route53

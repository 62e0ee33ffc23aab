#include "services/autoscaling/engine/scaler.h"

#include <fmt/format.h>
#include <utility>

#include "aws/error.h"
#include "core/log.h"

namespace tandem::autoscaling {
namespace {

/// Between attempts while the store refuses, and while DynamoDB does not answer.
constexpr std::chrono::milliseconds kPause{200};
constexpr std::chrono::milliseconds kUnanswered{2'000};
/// For how long a table that is being changed by somebody else, or by us, is waited for. Tables
/// here change at once; on AWS within a minute.
constexpr std::chrono::milliseconds kFirstLook{20};
constexpr std::chrono::milliseconds kLongestLook{1'000};
constexpr int kLooks = 120;

/// What may be otherwise at another time.
bool is_passing(const aws::ApiError& error) {
  return error.status() >= 500 || error.code() == "ResourceInUseException" ||
         error.code().find("Throttl") != std::string::npos;
}

std::string units_text(const Dimension& dimension, std::int64_t units) {
  return fmt::format("{} capacity units to {}", dimension.word(), units);
}

}  // namespace

Scaler::Scaler(const service::Environment& environment, Tables& tables, Records& records,
               Alarms& alarms)
    : environment_(environment), tables_(tables), records_(records), alarms_(alarms) {}

void Scaler::start() {
  roots_ = std::make_unique<core::TaskGroup>(environment_.executor);
  std::set<std::string> begun;
  for (const auto& [id, target] : records_.all(Kind::kTarget)) {
    if (target.contains(kCorrect)) begun.insert(id);
  }
  for (const auto& [id, activity] : records_.all(Kind::kActivity)) {
    if (is_open(activity)) begun.insert(target_id(activity));
  }
  for (const std::string& target : begun) attend(target);
}

Task<void> Scaler::stop() {
  if (roots_) co_await roots_->stop();
  roots_.reset();
  attended_.clear();
}

void Scaler::attend(const std::string& target) {
  if (roots_ == nullptr || !attended_.insert(target).second) return;
  roots_->spawn("autoscaling " + target, work(target));
}

bool Scaler::is_busy(std::string_view target) const { return !open_activity(target).empty(); }

std::string Scaler::open_activity(std::string_view target) const {
  for (const auto& [id, activity] : records_.all(Kind::kActivity)) {
    if (is_open(activity) && target_id(activity) == target) return id;
  }
  return "";
}

Task<void> Scaler::work(std::string target) {
  while (true) {
    bool failed = false;
    try {
      if (!co_await step(target)) break;
    } catch (const store::StoreError&) {
      // The node says why its store refuses. What could not be written is done again.
      failed = true;
    }
    if (failed) co_await core::sleep_for(kPause);
  }
  attended_.erase(target);
}

Task<bool> Scaler::step(std::string target) {
  const std::string activity = open_activity(target);
  if (!activity.empty()) {
    co_await carry_out(activity);
    co_return true;
  }
  const json::object* record = records_.find(Kind::kTarget, target);
  if (record == nullptr || !record->contains(kCorrect)) co_return false;
  co_await look(target);
  co_return true;
}

/// A table billed by the request has no capacity to correct; one that is gone leaves its target an
/// orphan, as on AWS.
Task<void> Scaler::look(std::string target) {
  const json::object* before = records_.find(Kind::kTarget, target);
  const auto dimension = read_dimension(json::string_or(*before, "ResourceId"),
                                        json::string_or(*before, "ScalableDimension"));
  std::optional<TableCapacity> found;
  bool answered = false;
  try {
    if (dimension) found = co_await tables_.find(*dimension);
    answered = true;
  } catch (const aws::ApiError& error) {
    log::warning("autoscaling: {} cannot be looked at: {}", target, error.message());
  }
  if (!answered) {
    co_await core::sleep_for(kUnanswered);
    co_return;
  }
  const json::object* now = records_.find(Kind::kTarget, target);
  if (now == nullptr) co_return;
  json::object record = *now;
  record.erase(kCorrect);
  Change change;
  const std::int64_t least = json::int_or(record, "MinCapacity", 1);
  const std::int64_t most = json::int_or(record, "MaxCapacity", 1);
  if (found && found->provisioned && found->units < least) {
    add_activity(environment_, records_, change,
                 scaling_activity(environment_, record, *dimension, least,
                                  fmt::format("minimum capacity was set to {}", least)));
  } else if (found && found->provisioned && found->units > most) {
    add_activity(environment_, records_, change,
                 scaling_activity(environment_, record, *dimension, most,
                                  fmt::format("maximum capacity was set to {}", most)));
  }
  change.put(Kind::kTarget, target, std::move(record));
  records_.apply(std::move(change));
}

Task<void> Scaler::carry_out(std::string activity) {
  const json::object record = *records_.find(Kind::kActivity, activity);
  const auto dimension = read_dimension(json::string_or(record, "ResourceId"),
                                        json::string_or(record, "ScalableDimension"));
  const auto units = units_of(record);
  if (!dimension || !units) {
    settle(activity, "Failed", "");
    co_return;
  }
  const std::string wanted = units_text(*dimension, *units);
  Attempt attempt = co_await change(*dimension, *units);
  if (attempt.result == Result::kChanged) {
    if (const json::object* begun = records_.find(Kind::kActivity, activity)) {
      json::object in_progress = *begun;
      in_progress["StatusCode"] = "InProgress";
      in_progress["StatusMessage"] = fmt::format(
          "Successfully set {}. Waiting for change to be fulfilled by dynamodb.", wanted);
      records_.apply(std::move(Change().put(Kind::kActivity, activity, std::move(in_progress))));
    }
    attempt = co_await wait_for(*dimension, *units);
    if (attempt.result == Result::kChanged) {
      settle(
          activity, "Successful",
          fmt::format("Successfully set {}. Change successfully fulfilled by dynamodb.", wanted));
    } else {
      settle(activity, attempt.result == Result::kFailed ? "Overridden" : "Unfulfilled",
             fmt::format("Successfully set {}. {}", wanted, attempt.why));
    }
    co_return;
  }
  settle(activity, "Failed", fmt::format("Failed to set {}. Reason: {}", wanted, attempt.why));
}

Task<Scaler::Attempt> Scaler::change(Dimension dimension, std::int64_t units) {
  Attempt attempt;
  auto pause = kFirstLook;
  for (int i = 0; i < kLooks; ++i) {
    attempt = {};
    try {
      co_await tables_.set(dimension, units);
    } catch (const aws::ApiError& error) {
      attempt.result = is_passing(error) ? Result::kAgain : Result::kFailed;
      attempt.why = fmt::format("Failed updating table: {}", error.message());
    }
    if (attempt.result != Result::kAgain) break;
    co_await core::sleep_for(pause);
    pause = std::min(pause * 2, kLongestLook);
  }
  co_return attempt;
}

Task<Scaler::Attempt> Scaler::wait_for(Dimension dimension, std::int64_t units) {
  Attempt attempt;
  auto pause = kFirstLook;
  for (int i = 0; i < kLooks; ++i) {
    attempt = {Result::kAgain, "Change was not fulfilled by dynamodb in time."};
    try {
      const auto found = co_await tables_.find(dimension);
      if (!found) attempt = {Result::kFailed, "The table does not exist any more."};
      if (found && found->active) {
        const bool is_it = found->provisioned && found->units == units;
        attempt = is_it ? Attempt{}
                        : Attempt{Result::kFailed, "The capacity was changed by somebody else."};
      }
    } catch (const aws::ApiError& error) {
      attempt.why = error.message();
    }
    if (attempt.result != Result::kAgain) break;
    co_await core::sleep_for(pause);
    pause = std::min(pause * 2, kLongestLook);
  }
  co_return attempt;
}

void Scaler::settle(const std::string& activity, std::string_view status,
                    std::string_view message) {
  const json::object* record = records_.find(Kind::kActivity, activity);
  if (record == nullptr) return;
  json::object done = *record;
  finish(done, environment_, status, message);
  Change change;
  const std::string target = target_id(done);
  const json::object* known = records_.find(Kind::kTarget, target);
  if (status == "Successful" && known != nullptr) {
    json::object remembering = *known;
    remember(remembering, done, environment_);
    change.put(Kind::kTarget, target, std::move(remembering));
    for (const std::string& id : records_.ids(Kind::kPolicy, owned_prefix(target))) {
      json::object policy = *records_.find(Kind::kPolicy, id);
      make_stale(policy);
      change.put(Kind::kPolicy, id, std::move(policy));
    }
  }
  change.put(Kind::kActivity, activity, std::move(done));
  records_.apply(std::move(change));
  alarms_.wake();
}

}  // namespace tandem::autoscaling

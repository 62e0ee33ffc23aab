#include "services/autoscaling/engine/timetable.h"

#include <algorithm>
#include <boost/asio/redirect_error.hpp>
#include <cmath>
#include <fmt/format.h>
#include <system_error>
#include <utility>
#include <vector>

#include "core/files.h"
#include "core/log.h"
#include "core/supervise.h"

namespace tandem::autoscaling {
namespace {

constexpr std::chrono::milliseconds kLongestRest{60'000};
/// Members of ours, which are not told.
constexpr std::string_view kNext = "next_ms";
constexpr std::string_view kAnchor = "anchor_ms";

std::optional<std::int64_t> moment_ms(const json::object& action, std::string_view member) {
  const auto seconds = json::find_number(action, member);
  if (!seconds) return std::nullopt;
  return std::llround(*seconds * 1000);
}

/// "min capacity to 5 and max capacity to 10" (user guide, "Scaling activities").
std::string bounds_text(const json::object& given) {
  std::string text;
  if (const auto least = json::find_int(given, "MinCapacity")) {
    text = fmt::format("min capacity to {}", *least);
  }
  if (const auto most = json::find_int(given, "MaxCapacity")) {
    text += fmt::format("{}max capacity to {}", text.empty() ? "" : " and ", *most);
  }
  return text;
}

bool is_suspended(const json::object& target) {
  const json::object* state = json::find_object(target, "SuspendedState");
  return state != nullptr && json::bool_or(*state, "ScheduledScalingSuspended", false);
}

}  // namespace

json::object shown_action(json::object action) {
  action.erase(kNext);
  action.erase(kAnchor);
  return action;
}

Timetable::Timetable(const service::Environment& environment, std::filesystem::path zones,
                     Records& records, Scaler& scaler)
    : environment_(environment),
      zones_(std::move(zones)),
      records_(records),
      scaler_(scaler),
      changed_(environment.executor, core::kNever) {}

void Timetable::start() {
  roots_ = std::make_unique<core::TaskGroup>(environment_.executor);
  core::supervise(*roots_, "scheduled actions", [this] { return run(); });
}

Task<void> Timetable::stop() {
  if (roots_) co_await roots_->stop();
}

void Timetable::wake() {
  woken_ = true;
  changed_.cancel();
}

std::optional<TimeZone> Timetable::find_zone(std::string_view name) const {
  if (name == "UTC") return TimeZone();
  if (!is_zone_name(name)) return std::nullopt;
  std::optional<std::string> bytes;
  try {
    bytes = core::find_small_file(zones_ / name, 64UL * 1024);
  } catch (const std::system_error&) {
    // A folder, which is part of a name, or a file that cannot be read: no zone.
    return std::nullopt;
  }
  if (!bytes) return std::nullopt;
  auto zone = TimeZone::parse(*bytes);
  if (!zone) return std::nullopt;
  return std::move(zone).value();
}

void Timetable::plan(json::object& action, std::int64_t after_ms) const {
  action.erase(kNext);
  const auto reading = Schedule::parse(json::string_or(action, "Schedule"));
  const auto zone = find_zone(json::string_or(action, "Timezone", "UTC"));
  if (!reading.schedule || !zone) return;
  const auto start_ms = moment_ms(action, "StartTime");
  const std::int64_t anchor_ms = start_ms.value_or(json::int_or(action, kAnchor, after_ms));
  // What is due at the very moment it starts is due then.
  if (start_ms) after_ms = std::max(after_ms, *start_ms - 1);
  const auto interval = environment_.config.pace().of(
      std::chrono::milliseconds(reading.schedule->interval_s() * 1000));
  const auto next_ms = reading.schedule->next_ms(after_ms, anchor_ms, interval.count(), *zone);
  const auto end_ms = moment_ms(action, "EndTime");
  if (!next_ms || (end_ms && *next_ms > *end_ms)) return;
  action[kNext] = *next_ms;
}

Task<void> Timetable::run() {
  while (true) {
    woken_ = false;
    const auto rest = run_due();
    if (woken_) continue;
    changed_.expires_after(rest);
    boost::system::error_code ignored;
    co_await changed_.async_wait(asio::redirect_error(asio::use_awaitable, ignored));
  }
}

/// In the order in which they were due; an action that was due several times while the process was
/// dead is triggered once.
std::chrono::milliseconds Timetable::run_due() {
  const std::int64_t now_ms = environment_.clock.now_ms();
  std::int64_t rest_ms = kLongestRest.count();
  std::vector<std::pair<std::int64_t, std::string>> due;
  for (const auto& [id, action] : records_.all(Kind::kAction)) {
    const auto next_ms = json::find_int(action, kNext);
    if (!next_ms) continue;
    if (*next_ms <= now_ms) {
      due.emplace_back(*next_ms, id);
    } else {
      rest_ms = std::min(rest_ms, *next_ms - now_ms);
    }
  }
  std::sort(due.begin(), due.end());
  for (const auto& [next_ms, id] : due) trigger(id);
  return std::chrono::milliseconds(due.empty() ? rest_ms : 0);
}

void Timetable::trigger(const std::string& id) {
  const json::object* found = records_.find(Kind::kAction, id);
  if (found == nullptr) return;
  json::object action = *found;
  Change change;
  const std::string target_key = target_id(action);
  const json::object* known = records_.find(Kind::kTarget, target_key);
  const json::object* given = json::find_object(action, "ScalableTargetAction");
  if (known != nullptr && given != nullptr && !is_suspended(*known)) {
    json::object target = *known;
    for (const char* bound : {"MinCapacity", "MaxCapacity"}) {
      if (const auto value = json::find_int(*given, bound)) target[bound] = *value;
    }
    const std::string text = bounds_text(*given);
    json::object activity =
        new_activity(environment_, target, "Setting " + text,
                     fmt::format("scheduled action name {} was triggered",
                                 json::string_or(action, "ScheduledActionName")));
    if (json::int_or(target, "MaxCapacity", 0) < json::int_or(target, "MinCapacity", 0)) {
      finish(activity, environment_, "Failed",
             fmt::format("Failed to set {}. Reason: Maximum capacity cannot be less than minimum "
                         "capacity",
                         text));
    } else {
      finish(activity, environment_, "Successful", "Successfully set " + text);
      target[kCorrect] = true;
      change.put(Kind::kTarget, target_key, std::move(target));
    }
    add_activity(environment_, records_, change, std::move(activity));
  }
  plan(action, environment_.clock.now_ms());
  change.put(Kind::kAction, id, std::move(action));
  records_.apply(std::move(change));
  scaler_.attend(target_key);
}

}  // namespace tandem::autoscaling

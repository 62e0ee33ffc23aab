#include "services/cloudwatch/store/alarm_store.h"

#include <algorithm>
#include <fmt/format.h>

#include "core/log.h"
#include "core/utf8.h"

namespace tandem::cloudwatch {
namespace {

constexpr std::string_view kAlarms = "alarm/";
constexpr std::string_view kItems = "alarm-history/";
constexpr std::string_view kTimes = "alarm-times/";
constexpr std::string_view kActions = "alarm-action/";
constexpr std::size_t kDepth = 128;
constexpr std::uint64_t kNumbers = 1'000'000;

std::string item_key(std::string_view alarm, std::string_view place) {
  return fmt::format("{}{}{}{}", kItems, alarm, '\0', place);
}
std::string time_key(std::string_view place) { return fmt::format("{}{}", kTimes, place); }

std::string text_of(const json::object& document) { return core::to_utf8(json::to_text(document)); }

std::optional<json::object> document_of(std::string_view key, std::string_view text) {
  auto parsed = json::parse_text(text, kDepth);
  if (parsed && parsed.value().is_object()) {
    return std::move(std::move(parsed).value().as_object());
  }
  // It stays where it is, for whoever looks: the others are not held up by it.
  log::error("cloudwatch: the record {} is no JSON document and is passed over", key);
  return std::nullopt;
}

json::object to_document(const PendingAction& action) {
  return {{"alarm", action.alarm},      {"composite", action.kind == Alarm::Kind::kComposite},
          {"action", action.action},    {"state", name_of(action.state)},
          {"data", action.data},        {"message", action.message},
          {"state_ms", action.state_ms}};
}

PendingAction from_document(const json::object& document) {
  PendingAction action;
  action.alarm = json::string_or(document, "alarm");
  action.kind =
      json::bool_or(document, "composite", false) ? Alarm::Kind::kComposite : Alarm::Kind::kMetric;
  action.action = json::string_or(document, "action");
  action.state = alarm_state_of(json::string_or(document, "state")).value_or(AlarmState::kAlarm);
  action.data = json::string_or(document, "data");
  action.message = json::string_or(document, "message");
  action.state_ms = json::int_or(document, "state_ms", 0);
  return action;
}

}  // namespace

AlarmStore::AlarmStore(store::Store& store, const std::string& account, Bounds bounds)
    : store_(store), documents_(store, "alarm"), bounds_(bounds) {
  store::for_each(store_, kAlarms, [&](std::string_view key, std::string_view value) {
    if (const auto record = document_of(key, value)) {
      alarms_.emplace(key.substr(kAlarms.size()), Alarm::from_record(*record, account));
    }
    return true;
  });
  store::for_each(store_, kActions, [&](std::string_view key, std::string_view value) {
    if (const auto record = document_of(key, value)) {
      actions_.emplace(key.substr(kActions.size()), from_document(*record));
    }
    return true;
  });
  store::for_each(store_, kTimes, [&](std::string_view, std::string_view) {
    ++items_;
    return true;
  });
  // Numbers go on where others of the same millisecond may have ended.
  number_ = items_ % kNumbers;
}

const Alarm* AlarmStore::find(std::string_view name) const {
  const auto found = alarms_.find(name);
  return found == alarms_.end() ? nullptr : &found->second;
}

std::string AlarmStore::next_place(std::int64_t time_ms) {
  number_ = (number_ + 1) % kNumbers;
  return fmt::format("{:016d}{:06d}", std::max<std::int64_t>(time_ms, 0), number_);
}

void AlarmStore::add_history(store::WriteBatch& batch, const std::vector<HistoryItem>& items) {
  for (const HistoryItem& each : items) {
    const std::string place = next_place(each.time_ms);
    batch.put(item_key(each.alarm, place), text_of(each.to_document()));
    batch.put(time_key(place), each.alarm);
  }
}

std::size_t AlarmStore::erase_oldest(store::WriteBatch& batch, std::size_t most,
                                     std::string_view before) {
  std::size_t gone = 0;
  store::for_each(store_, kTimes, [&](std::string_view key, std::string_view alarm) {
    const std::string_view place = key.substr(kTimes.size());
    if (gone == most || (!before.empty() && place >= before)) return false;
    batch.erase(key);
    batch.erase(item_key(alarm, place));
    ++gone;
    return true;
  });
  return gone;
}

void AlarmStore::apply(AlarmChange change) {
  store::WriteBatch batch;
  for (const auto& [name, alarm] : change.put) documents_.put(batch, name, alarm.to_record());
  for (const std::string& name : change.erased) documents_.erase(batch, name);
  std::vector<std::pair<std::string, PendingAction>> begun;
  for (PendingAction& each : change.actions) {
    if (actions_.size() + begun.size() >= bounds_.actions) {
      change.history.push_back(action_item(each.alarm, each.kind, each.action,
                                           "Too many actions are on their way", each.state_ms, "",
                                           each.state_ms));
      continue;
    }
    std::string id = next_place(each.state_ms);
    batch.put(std::string(kActions) + id, text_of(to_document(each)));
    begun.emplace_back(std::move(id), std::move(each));
  }
  add_history(batch, change.history);
  const std::size_t items = items_ + change.history.size();
  std::size_t gone = 0;
  if (items > bounds_.history) gone = erase_oldest(batch, items - bounds_.history, "");
  store_.write(std::move(batch));
  items_ = items - gone;
  for (auto& [name, alarm] : change.put) alarms_.insert_or_assign(name, std::move(alarm));
  for (const std::string& name : change.erased) alarms_.erase(name);
  for (auto& [id, action] : begun) actions_.emplace(std::move(id), std::move(action));
}

void AlarmStore::settle(const std::string& id, const HistoryItem& item) {
  const auto found = actions_.find(id);
  if (found == actions_.end()) return;  // a reset came in between
  store::WriteBatch batch;
  batch.erase(std::string(kActions) + id);
  add_history(batch, {item});
  const std::size_t gone = items_ + 1 > bounds_.history ? erase_oldest(batch, 1, "") : 0;
  store_.write(std::move(batch));
  items_ += 1 - gone;
  actions_.erase(found);
}

void AlarmStore::each_item(std::string_view alarm, std::string_view after, Order order,
                           const Visit& visit) const {
  const std::string prefix = alarm.empty() ? std::string(kTimes) : item_key(alarm, "");
  const bool forward = order == Order::kOldestFirst;
  const auto cursor = store_.cursor(prefix, store::prefix_end(prefix));
  if (forward) {
    cursor->seek(prefix + std::string(after));
  } else {
    cursor->seek_backward(after.empty() ? prefix + '\xff' : prefix + std::string(after));
  }
  for (; cursor->valid(); forward ? cursor->next() : cursor->previous()) {
    const std::string place(cursor->key().substr(prefix.size()));
    if (place == after) continue;
    std::string text(cursor->value());
    if (alarm.empty()) text = store_.get(item_key(text, place)).value_or("{}");
    const auto document = document_of(cursor->key(), text);
    if (document && !visit(place, HistoryItem::from_document(*document))) return;
  }
}

bool AlarmStore::forget_before(std::int64_t time_ms, std::size_t most) {
  if (time_ms <= 0) return false;
  store::WriteBatch batch;
  const std::size_t gone = erase_oldest(batch, most, fmt::format("{:016d}", time_ms));
  if (gone > 0) store_.write(std::move(batch));
  items_ -= gone;
  return gone == most;
}

void AlarmStore::clear() {
  alarms_.clear();
  actions_.clear();
  items_ = 0;
}

}  // namespace tandem::cloudwatch

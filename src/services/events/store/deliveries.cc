#include "services/events/store/deliveries.h"

#include <algorithm>
#include <fmt/format.h>

#include "core/log.h"
#include "core/text.h"
#include "store/store_failure.h"

namespace tandem::events {
namespace {

json::object to_document(const Delivery& delivery) {
  return {{"rule", delivery.rule},         {"rule_arn", delivery.rule_arn},
          {"target", delivery.target},     {"input", delivery.input},
          {"attempts", delivery.attempts}, {"accepted_ms", delivery.accepted_ms},
          {"due_ms", delivery.due_ms}};
}

Delivery from_document(const json::object& document) {
  Delivery delivery;
  delivery.rule = json::string_or(document, "rule");
  delivery.rule_arn = json::string_or(document, "rule_arn");
  if (const auto* target = json::find_object(document, "target")) delivery.target = *target;
  delivery.input = json::string_or(document, "input");
  delivery.attempts = json::int_or(document, "attempts", 0);
  delivery.accepted_ms = json::int_or(document, "accepted_ms", 0);
  delivery.due_ms = json::int_or(document, "due_ms", 0);
  return delivery;
}

std::size_t bytes_of(const std::vector<Delivery>& deliveries) {
  std::size_t bytes = 0;
  for (const Delivery& each : deliveries) bytes += each.input.size();
  return bytes;
}

}  // namespace

Deliveries::Deliveries(store::Store& store, Bounds bounds)
    : store_(store), documents_(store, "delivery"), bounds_(bounds) {
  const std::string prefix = "delivery/";
  const auto cursor = store.cursor(prefix, store::prefix_end(prefix));
  for (cursor->seek(prefix); cursor->valid(); cursor->next()) {
    const std::string id(cursor->key().substr(prefix.size()));
    last_id_ = std::max(last_id_, core::parse_uint(id).value_or(0));
    try {
      const Delivery delivery = from_document(documents_.get(id).value());
      pending_.emplace(id, Pending{delivery.due_ms, delivery.input.size()});
      bytes_ += delivery.input.size();
    } catch (const store::StoreFailure& failure) {
      if (failure.kind != store::StoreFailure::Kind::kCorrupt) throw;
      // It stays where it is, for whoever looks: the others are not held up by it.
      log::error("events: an event on its way is lost: {}", failure.message);
    }
  }
}

bool Deliveries::has_room(const std::vector<Delivery>& deliveries) const {
  return pending_.size() + deliveries.size() <= bounds_.count &&
         bytes_ + bytes_of(deliveries) <= bounds_.bytes;
}

void Deliveries::add(const std::vector<Delivery>& deliveries) {
  if (deliveries.empty()) return;
  store::WriteBatch batch;
  std::uint64_t number = last_id_;
  for (const Delivery& each : deliveries) {
    documents_.put(batch, fmt::format("{:020d}", ++number), to_document(each));
  }
  store_.write(std::move(batch));
  for (const Delivery& each : deliveries) {
    pending_.emplace(fmt::format("{:020d}", ++last_id_), Pending{each.due_ms, each.input.size()});
  }
  bytes_ += bytes_of(deliveries);
}

std::optional<Delivery> Deliveries::read(const std::string& id) const {
  try {
    const auto document = documents_.get(id);
    if (!document) return std::nullopt;
    return from_document(*document);
  } catch (const store::StoreFailure& failure) {
    if (failure.kind != store::StoreFailure::Kind::kCorrupt) throw;
    log::error("events: an event on its way is lost: {}", failure.message);
    return std::nullopt;
  }
}

void Deliveries::put(const std::string& id, const Delivery& delivery) {
  documents_.put(id, to_document(delivery));
  pending_.at(id).due_ms = delivery.due_ms;
}

void Deliveries::erase(const std::string& id) {
  const auto found = pending_.find(id);
  if (found == pending_.end()) return;
  documents_.erase(id);
  forget(id);
}

void Deliveries::forget(const std::string& id) {
  const auto found = pending_.find(id);
  if (found == pending_.end()) return;
  bytes_ -= found->second.bytes;
  pending_.erase(found);
}

void Deliveries::clear() {
  pending_.clear();
  bytes_ = 0;
}

}  // namespace tandem::events

#include "services/autoscaling/store/records.h"

#include <fmt/format.h>
#include <utility>

namespace tandem::autoscaling {
namespace {

constexpr std::array<std::string_view, kKinds> kNames = {"target", "action", "activity", "policy",
                                                         "old_alarm"};
/// The year 5138: what counts down from it is positive.
constexpr std::int64_t kFarAway_ms = 100'000'000'000'000;

}  // namespace

Change& Change::put(Kind kind, std::string id, json::object document) {
  parts_.push_back({kind, std::move(id), std::move(document), false});
  return *this;
}

Change& Change::erase(Kind kind, std::string id) {
  parts_.push_back({kind, std::move(id), {}, true});
  return *this;
}

Records::Records(store::Store& store) : store_(store) {
  for (std::size_t kind = 0; kind < kKinds; ++kind) {
    documents_.emplace_back(store, kNames[kind]);
    for (auto& [id, document] : documents_[kind].list()) {
      maps_[kind].emplace(std::move(id), std::move(document));
    }
  }
}

const json::object* Records::find(Kind kind, std::string_view id) const {
  const auto found = all(kind).find(id);
  return found == all(kind).end() ? nullptr : &found->second;
}

std::vector<std::string> Records::ids(Kind kind, std::string_view prefix) const {
  std::vector<std::string> found;
  const Map& map = all(kind);
  for (auto at = map.lower_bound(prefix); at != map.end() && at->first.starts_with(prefix); ++at) {
    found.push_back(at->first);
  }
  return found;
}

void Records::apply(Change change) {
  if (change.empty()) return;
  store::WriteBatch batch;
  for (const Change::Part& part : change.parts_) {
    const store::Documents& documents = documents_[static_cast<std::size_t>(part.kind)];
    if (part.erased) {
      documents.erase(batch, part.id);
    } else {
      documents.put(batch, part.id, part.document);
    }
  }
  store_.write(std::move(batch));
  for (Change::Part& part : change.parts_) {
    Map& map = maps_[static_cast<std::size_t>(part.kind)];
    if (part.erased) {
      map.erase(part.id);
    } else {
      map.insert_or_assign(std::move(part.id), std::move(part.document));
    }
  }
}

void Records::clear() {
  for (Map& map : maps_) map.clear();
}

std::string target_id(std::string_view resource, std::string_view dimension) {
  return fmt::format("{}|{}", resource, dimension);
}

std::string target_id(const json::object& of) {
  return target_id(json::string_or(of, "ResourceId"), json::string_or(of, "ScalableDimension"));
}

std::string owned_prefix(std::string_view target) { return fmt::format("{}|", target); }

std::string activity_id(std::int64_t start_ms, std::string_view uuid) {
  return fmt::format("{:015d}|{}", kFarAway_ms - start_ms, uuid);
}

}  // namespace tandem::autoscaling

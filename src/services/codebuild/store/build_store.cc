#include "services/codebuild/store/build_store.h"

#include <algorithm>

#include "service/page.h"

namespace tandem::codebuild {
namespace {

/// Of one region; AWS keeps builds for a year (docs/limits.md).
constexpr std::size_t kBuildsKept = 2'000;

std::string started_key(const BuildRecord& record) {
  return service::sortable(record.started_ms) + '/' + record.id();
}

json::object object_or_empty(json::object& in, std::string_view key) {
  auto* found = in.if_contains(key);
  return found != nullptr && found->is_object() ? std::move(found->get_object()) : json::object();
}

}  // namespace

std::string BuildRecord::uuid() const {
  const std::string whole = id();
  return whole.substr(whole.rfind(':') + 1);
}

json::object BuildRecord::to_document() const {
  return {{"build", build},
          {"settings", settings},
          {"verdict", verdict},
          {"stopping", stopping},
          {"startedMs", started_ms}};
}

BuildRecord BuildRecord::from_document(json::object document) {
  BuildRecord record;
  record.build = object_or_empty(document, "build");
  record.settings = object_or_empty(document, "settings");
  record.verdict = json::string_or(document, "verdict", "SUCCEEDED");
  record.stopping = json::bool_or(document, "stopping", false);
  record.started_ms = json::int_or(document, "startedMs", 0);
  return record;
}

BuildStore::BuildStore(store::Store& store)
    : store_(store),
      projects_(store, "project"),
      counters_(store, "counter"),
      builds_(store, "build"),
      started_(store, "started"),
      open_(store, "open") {}

std::optional<BuildRecord> BuildStore::build(std::string_view id) const {
  auto document = builds_.get(id);
  if (!document) return std::nullopt;
  return BuildRecord::from_document(std::move(*document));
}

void BuildStore::put(store::WriteBatch& batch, const BuildRecord& record) const {
  builds_.put(batch, record.id(), record.to_document());
  if (record.complete()) {
    open_.erase(batch, record.id());
  } else {
    open_.put(batch, record.id(), {{"startedMs", record.started_ms}});
  }
}

void BuildStore::add(BuildRecord& record, const json::object& token) {
  // Numbers go on when a project is deleted and made again, so that none is given twice.
  const auto counter = counters_.get(record.project());
  const std::int64_t number = counter ? json::int_or(*counter, "next", 1) : 1;
  record.build["buildNumber"] = number;
  store::WriteBatch batch;
  counters_.put(batch, record.project(), {{"next", number + 1}});
  started_.put(batch, started_key(record), {{"id", record.id()}, {"token", token}});
  put(batch, record);
  forget_oldest(batch);
  store_.write(std::move(batch));
}

void BuildStore::save(const BuildRecord& record) {
  store::WriteBatch batch;
  put(batch, record);
  store_.write(std::move(batch));
}

void BuildStore::erase(store::WriteBatch& batch, const BuildRecord& record) const {
  builds_.erase(batch, record.id());
  open_.erase(batch, record.id());
  started_.erase(batch, started_key(record));
}

void BuildStore::erase(const BuildRecord& record) {
  store::WriteBatch batch;
  erase(batch, record);
  store_.write(std::move(batch));
}

void BuildStore::forget_oldest(store::WriteBatch& batch) const {
  const auto all = started();
  if (all.size() < kBuildsKept) return;
  std::size_t over = all.size() - kBuildsKept + 1;
  for (const Started& each : all) {
    if (over == 0) return;
    const auto record = build(each.id);
    if (!record) {
      started_.erase(batch, each.key);
    } else if (record->complete()) {
      erase(batch, *record);
    } else {
      continue;
    }
    --over;
  }
}

std::vector<std::string> BuildStore::open() const {
  auto all = open_.list();
  std::sort(all.begin(), all.end(), [](const auto& a, const auto& b) {
    return std::pair(json::int_or(a.second, "startedMs", 0), a.first) <
           std::pair(json::int_or(b.second, "startedMs", 0), b.first);
  });
  std::vector<std::string> ids;
  for (auto& [id, document] : all) ids.push_back(std::move(id));
  return ids;
}

std::vector<BuildStore::Started> BuildStore::started() const {
  std::vector<Started> all;
  for (auto& [key, document] : started_.list()) {
    Started each{std::move(key), json::string_or(document, "id"), {}};
    each.token = object_or_empty(document, "token");
    all.push_back(std::move(each));
  }
  return all;
}

}  // namespace tandem::codebuild

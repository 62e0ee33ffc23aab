#include "services/apigateway/proxy/meters.h"

namespace tandem::apigateway {
namespace {

template <class T>
T& entry(TextMap<T>& map, std::string_view key) {
  const auto found = map.find(key);
  return found != map.end() ? found->second : map.emplace(std::string(key), T()).first->second;
}

}  // namespace

bool Meters::take(std::string_view bucket, const RateLimit& limit, std::int64_t steady_ns) {
  return entry(buckets_, bucket).take(limit, steady_ns);
}

std::int64_t Meters::quota_left(std::string_view key, const Quota& quota, std::int64_t epoch_s) {
  return apigateway::quota_left(quota, entry(uses_, key), epoch_s);
}

void Meters::count(std::string_view key) {
  ++entry(uses_, key).used;
  changed_.emplace(key);
}

void Meters::load(const Records& records) {
  for (const auto& [key, document] : records.usage.list()) {
    uses_[key] = {json::int_or(document, "period", 0), json::int_or(document, "used", 0)};
  }
}

void Meters::flush(Records& records) {
  store::WriteBatch batch;
  for (const std::string& key : changed_) {
    const auto found = uses_.find(key);
    if (found == uses_.end()) continue;
    const json::object document{{"period", found->second.period}, {"used", found->second.used}};
    records.usage.put(batch, key, document);
  }
  if (!batch.empty()) records.commit(std::move(batch));
  changed_.clear();
}

void Meters::forget(std::string_view prefix) {
  const auto gone = [&](const auto& each) { return each.first.starts_with(prefix); };
  std::erase_if(buckets_, gone);
  std::erase_if(uses_, gone);
}

void Meters::clear() {
  buckets_.clear();
  uses_.clear();
  changed_.clear();
}

}  // namespace tandem::apigateway

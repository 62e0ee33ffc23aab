#include "services/cloudwatch/store/series_store.h"

#include <algorithm>
#include <bit>
#include <map>
#include <utility>

#include "core/json.h"
#include "core/log.h"

namespace tandem::cloudwatch {
namespace {

constexpr char kEnd = '\0';
constexpr std::string_view kMetrics = "m/";
constexpr std::string_view kPoints = "p/";
constexpr std::string_view kNextId = "next-id";

std::string big_endian(std::uint64_t number, std::size_t size) {
  std::string bytes(size, '\0');
  for (std::size_t i = size; i-- > 0; number >>= 8U) bytes[i] = static_cast<char>(number & 0xffU);
  return bytes;
}
std::uint64_t read_big_endian(std::string_view bytes) {
  std::uint64_t number = 0;
  for (const char byte : bytes) number = number << 8U | static_cast<unsigned char>(byte);
  return number;
}

std::string metric_prefix(const Metric& metric) {
  json::array dimensions;
  for (const auto& [name, value] : metric.dimensions) {
    dimensions.push_back(json::array{json::string(name), json::string(value)});
  }
  return std::string(kMetrics) + metric.name_space + kEnd + metric.name + kEnd +
         json::to_text(dimensions) + kEnd;
}

/// What a key after kMetrics says; nothing for one that says nothing.
std::optional<std::pair<Metric, std::string>> read_metric(std::string_view key) {
  std::array<std::string_view, 3> parts;
  for (std::string_view& part : parts) {
    const std::size_t end = key.find(kEnd);
    if (end == std::string_view::npos) return std::nullopt;
    part = key.substr(0, end);
    key.remove_prefix(end + 1);
  }
  Metric metric{std::string(parts[0]), std::string(parts[1]), {}};
  const auto dimensions = json::parse_text(parts[2]);
  if (!dimensions || !dimensions.value().is_array()) return std::nullopt;
  for (const json::value& each : dimensions.value().get_array()) {
    if (!each.is_array() || each.get_array().size() != 2) return std::nullopt;
    metric.dimensions.emplace_back(json::to_std(each.get_array()[0]),
                                   json::to_std(each.get_array()[1]));
  }
  return std::pair{std::move(metric), std::string(key)};
}

std::string point_key(std::string_view id, int resolution_s, std::int64_t start_s) {
  return std::string(kPoints) + std::string(id) +
         big_endian(static_cast<std::uint64_t>(resolution_s), 2) +
         big_endian(static_cast<std::uint64_t>(std::max<std::int64_t>(start_s, 0)), 8);
}

std::int64_t start_of(std::int64_t time_s, int resolution_s) {
  return time_s - time_s % resolution_s;
}

std::string double_bytes(double value) {
  return big_endian(std::bit_cast<std::uint64_t>(value), sizeof value);
}

}  // namespace

std::string encode_aggregate(const Aggregate& aggregate) {
  std::string bytes(1, aggregate.values() == nullptr ? '\0' : '\1');
  for (const double each :
       {aggregate.count(), aggregate.sum(), aggregate.minimum(), aggregate.maximum()}) {
    bytes += double_bytes(each);
  }
  if (aggregate.values() == nullptr) return bytes;
  for (const auto& [value, count] : *aggregate.values()) {
    bytes += double_bytes(value) + double_bytes(count);
  }
  return bytes;
}

std::optional<Aggregate> decode_aggregate(std::string_view bytes) {
  constexpr std::size_t kDouble = sizeof(double);
  constexpr std::size_t kHead = 1 + 4 * kDouble;
  if (bytes.size() < kHead || (bytes.size() - kHead) % (2 * kDouble) != 0) return std::nullopt;
  const bool known = bytes[0] == '\1';
  if (!known && (bytes[0] != '\0' || bytes.size() != kHead)) return std::nullopt;
  const auto at = [&](std::size_t place) {
    return std::bit_cast<double>(read_big_endian(bytes.substr(1 + place * kDouble, kDouble)));
  };
  std::optional<std::map<double, double>> values;
  if (known) {
    values.emplace();
    for (std::size_t place = 4; 1 + (place + 1) * kDouble < bytes.size(); place += 2) {
      values->emplace(at(place), at(place + 1));
    }
  }
  return Aggregate::restored(at(0), at(1), at(2), at(3), std::move(values));
}

/// Of a metric that is there, or a new one.
std::string SeriesStore::id_of(store::WriteBatch& batch, const std::string& key,
                               std::int64_t last_s) {
  std::uint64_t id = 0;
  if (const auto record = store_.get(key)) {
    const auto parsed = json::parse_text(*record);
    if (parsed && parsed.value().is_object()) {
      const json::object& document = parsed.value().as_object();
      id = static_cast<std::uint64_t>(json::int_or(document, "id", 0));
      last_s = std::max(last_s, json::int_or(document, "last_s", 0));
    }
  }
  if (id == 0) {
    if (!next_id_) {
      const auto kept = store_.get(kNextId);
      next_id_ = kept ? read_big_endian(*kept) : 1;
    }
    // INVARIANT(ids-are-new): what is given out was written before or is written with this batch.
    id = (*next_id_)++;
    batch.put(kNextId, big_endian(*next_id_, 8));
  }
  batch.put(key,
            json::to_text(json::object{{"id", static_cast<std::int64_t>(id)}, {"last_s", last_s}}));
  return big_endian(id, 8);
}

void SeriesStore::add(const std::vector<Datum>& data, std::int64_t now_s) {
  store::WriteBatch batch;
  std::map<std::string, std::string> ids;
  std::map<std::string, Aggregate> changed;
  for (const Datum& datum : data) {
    const std::string key = metric_prefix(datum.metric) + datum.unit;
    auto id = ids.find(key);
    if (id == ids.end()) id = ids.emplace(key, id_of(batch, key, now_s)).first;
    for (const Retention& each : kRetentions) {
      if (each.resolution_s < datum.resolution_s && !seconds_) continue;
      const std::string at =
          point_key(id->second, each.resolution_s, start_of(datum.time_s, each.resolution_s));
      auto found = changed.find(at);
      if (found == changed.end()) {
        const auto record = store_.get(at);
        const auto there = record ? decode_aggregate(*record) : std::nullopt;
        if (record && !there)
          log::error("cloudwatch: a period's record is damaged and begins anew");
        found = changed.emplace(at, there.value_or(Aggregate())).first;
      }
      found->second.add(datum.values);
    }
  }
  for (const auto& [key, aggregate] : changed) batch.put(key, encode_aggregate(aggregate));
  store_.write(std::move(batch));
}

std::vector<std::string> SeriesStore::units(const Metric& metric) const {
  std::vector<std::string> all;
  const std::string prefix = metric_prefix(metric);
  store::for_each(store_, prefix, [&](std::string_view key, std::string_view) {
    all.emplace_back(key.substr(prefix.size()));
    return true;
  });
  return all;
}

std::vector<Period> SeriesStore::periods(const Metric& metric, std::string_view unit,
                                         int resolution_s, std::int64_t from_s,
                                         std::int64_t to_s) const {
  std::vector<Period> all;
  const auto record = store_.get(metric_prefix(metric) + std::string(unit));
  const auto parsed = json::parse_text(record.value_or(""));
  if (!record || !parsed || !parsed.value().is_object()) return all;
  const std::string id =
      big_endian(static_cast<std::uint64_t>(json::int_or(parsed.value().as_object(), "id", 0)), 8);
  const std::string begin = point_key(id, resolution_s, from_s);
  const std::string end = point_key(id, resolution_s, to_s);
  const auto cursor = store_.cursor(begin, end);
  for (cursor->seek(begin); cursor->valid(); cursor->next()) {
    const std::string_view key = cursor->key();
    const auto start = static_cast<std::int64_t>(read_big_endian(key.substr(key.size() - 8)));
    if (auto values = decode_aggregate(cursor->value())) all.push_back({start, *std::move(values)});
  }
  return all;
}

void SeriesStore::each_metric(std::string_view name_space, std::string_view after,
                              const std::function<bool(const Listed&)>& visit) const {
  std::string begin(kMetrics);
  if (!name_space.empty()) begin += std::string(name_space) + kEnd;
  const std::string end = store::prefix_end(begin);
  if (!after.empty()) {
    begin = std::max(begin, store::prefix_end(std::string(kMetrics) + std::string(after)));
  }
  const auto cursor = store_.cursor(begin, end);
  std::optional<Metric> metric;
  std::string key;
  std::int64_t last_s = 0;
  for (cursor->seek(begin); cursor->valid(); cursor->next()) {
    auto found = read_metric(cursor->key().substr(kMetrics.size()));
    const auto parsed = json::parse_text(cursor->value());
    if (!found || !parsed || !parsed.value().is_object()) continue;
    const std::int64_t time_s = json::int_or(parsed.value().as_object(), "last_s", 0);
    if (metric && *metric == found->first) {
      last_s = std::max(last_s, time_s);
      continue;
    }
    if (metric && !visit({*metric, key, last_s})) return;
    metric = std::move(found->first);
    key = metric_prefix(*metric).substr(kMetrics.size());
    last_s = time_s;
  }
  if (metric) visit({*metric, key, last_s});
}

std::string SeriesStore::forget_old(std::int64_t now_s, std::string_view after, std::size_t most) {
  store::WriteBatch batch;
  std::size_t looked_at = 0;
  std::string last;
  const std::string begin =
      std::string(kMetrics) + std::string(after) + (after.empty() ? "" : "\1");
  const auto streams = store_.cursor(begin, store::prefix_end(kMetrics));
  for (streams->seek(begin); streams->valid(); streams->next()) {
    if (looked_at == most) {
      if (!batch.empty()) store_.write(std::move(batch));
      return last;
    }
    ++looked_at;
    last = streams->key().substr(kMetrics.size());
    const auto parsed = json::parse_text(streams->value());
    if (!parsed || !parsed.value().is_object()) continue;
    const std::string id = big_endian(
        static_cast<std::uint64_t>(json::int_or(parsed.value().as_object(), "id", 0)), 8);
    bool any = false;
    for (const Retention& each : kRetentions) {
      const std::string first = point_key(id, each.resolution_s, 0);
      const std::string kept = point_key(id, each.resolution_s, now_s - each.kept_s);
      const auto points =
          store_.cursor(first, store::prefix_end(first.substr(0, first.size() - 8)));
      points->seek(first);
      if (points->valid() && points->key() < kept) {
        batch.erase_range(first, kept);
        points->seek(kept);
      }
      any = any || points->valid();
    }
    if (!any) batch.erase(streams->key());
  }
  if (!batch.empty()) store_.write(std::move(batch));
  return {};
}

}  // namespace tandem::cloudwatch

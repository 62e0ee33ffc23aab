// Metrics' values as records of the ordered store, a record for each period that has some.
//
//   m/<namespace> 00 <metric> 00 <dimensions> 00 <unit>   JSON: id, last_s (when a value last came)
//   p/<id> <resolution> <start>                          an Aggregate, of a period of that many
//   seconds
//
// <dimensions> is a JSON array of names and values in the order of names; ids are 8 bytes,
// resolutions 2, starts 8 (epoch seconds), big endian. Every value is in the records of each
// resolution that CloudWatch keeps it at (60, 300 and 3,600 s; 1 s, when it was asked for), so that
// nothing has to be rolled up when the finer ones go (User Guide, "Metrics retention").
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "services/cloudwatch/model/datum.h"
#include "store/store.h"

namespace tandem::cloudwatch {

struct Retention {
  int resolution_s;
  std::int64_t kept_s;
};
inline constexpr std::array<Retention, 4> kRetentions{
    {{1, 3 * 3'600}, {60, 15 * 86'400}, {300, 63 * 86'400}, {3'600, 455 * 86'400}}};

struct Period {
  std::int64_t start_s = 0;
  Aggregate values;
};

class SeriesStore {
 public:
  /// Borrows store. seconds: values are kept by the second whether or not that was asked for.
  explicit SeriesStore(store::Store& store, bool seconds = false)
      : store_(store), seconds_(seconds) {}

  /// All of them, atomically. Throws StoreError.
  void add(const std::vector<Datum>& data, std::int64_t now_s);

  /// Units under which the metric has values, in order.
  std::vector<std::string> units(const Metric& metric) const;
  /// Of one of kRetentions, in [from_s, to_s), in order of time.
  std::vector<Period> periods(const Metric& metric, std::string_view unit, int resolution_s,
                              std::int64_t from_s, std::int64_t to_s) const;

  struct Listed {
    const Metric& metric;
    const std::string& key;  ///< what each_metric() can go on after
    std::int64_t last_s;     ///< when its last value came
  };
  /// Metrics of the namespace (of all, when it is empty) whose keys come after the given one, in
  /// order, once each, until visit returns false.
  void each_metric(std::string_view name_space, std::string_view after,
                   const std::function<bool(const Listed& listed)>& visit) const;

  /// The service was reset.
  void forget() { next_id_.reset(); }

  /// Forgets what is older than it is kept, and metrics that have nothing any more. Looks at so
  /// many streams at most, and returns what to go on after; empty at the end.
  std::string forget_old(std::int64_t now_s, std::string_view after, std::size_t most);

 private:
  std::string id_of(store::WriteBatch& batch, const std::string& key, std::int64_t last_s);

  store::Store& store_;
  bool seconds_;
  std::optional<std::uint64_t> next_id_;
};

/// A record's bytes and back. Nothing for bytes that are none.
std::string encode_aggregate(const Aggregate& aggregate);
std::optional<Aggregate> decode_aggregate(std::string_view bytes);

}  // namespace tandem::cloudwatch

// What the region's services have measured becomes values of their metrics (core/meters.h): at the
// end of each minute, as the clock's pace has it, and whenever somebody is about to read.
#pragma once

#include <cstdint>
#include <vector>

#include "core/task.h"
#include "service/environment.h"
#include "services/cloudwatch/store/series_store.h"

namespace tandem::cloudwatch {

class Collector {
 public:
  /// Borrows both.
  Collector(const service::Environment& environment, SeriesStore& series);

  /// Until it is cancelled.
  Task<void> run();
  /// What was measured until now is in the series when it returns; what a store refuses is tried
  /// again with the next.
  Task<void> collect();
  /// What is not written yet is forgotten.
  void clear() { pending_.clear(); }

 private:
  void take();
  bool write_some();

  const service::Environment& environment_;
  SeriesStore& series_;
  std::int64_t minute_ms_;      ///< how long AWS's minute takes here
  std::int64_t since_s_;        ///< what is measured is of then, until it is taken
  std::int64_t sampled_;        ///< the minute that was sampled last
  std::vector<Datum> pending_;  ///< taken, and not written yet
};

}  // namespace tandem::cloudwatch

// What global's services measure is told to CloudWatch of us-east-1, where AWS has the metrics of
// global services; a world without that region has none of them.
#pragma once

#include <vector>

#include "core/task.h"
#include "service/node.h"
#include "service/remote_api.h"

namespace tandem::global {

class Measured {
 public:
  /// Adds its life to the node, which it borrows.
  explicit Measured(service::Node& node);

 private:
  Task<void> run();
  Task<void> tell();
  void take(std::int64_t time_s);

  service::Node& node_;
  service::RemoteApi region_;
  std::vector<json::object> pending_;  ///< MetricData that was not told yet
  core::TaskGroup tasks_;
};

}  // namespace tandem::global

// DynamoDB's tables, as far as they are scaled: asked through its API, as anybody would.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "aws/api.h"
#include "core/gate.h"
#include "services/autoscaling/model/dimension.h"

namespace tandem::autoscaling {

struct TableCapacity {
  std::int64_t units = 0;
  bool provisioned = false;  ///< and not billed by the request: then there is nothing to scale
  bool active = false;
};

class Tables {
 public:
  /// Borrows api.
  Tables(aws::Api& api, std::string region) : api_(api), region_(std::move(region)) {}

  /// Nothing when there is no such table or index. Throws ApiError.
  Task<std::optional<TableCapacity>> find(Dimension dimension);
  /// Leaves the other kind of units as they are, and does nothing when there is nothing to do.
  /// Throws ApiError.
  Task<void> set(Dimension dimension, std::int64_t units);

 private:
  Task<std::optional<json::object>> describe(std::string table);

  aws::Api& api_;
  std::string region_;
  /// UpdateTable takes both kinds of units at once: one reads and writes at a time.
  core::Gate one_{1};
};

}  // namespace tandem::autoscaling

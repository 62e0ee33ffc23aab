// Marker and MaxItems, the same for every list in IAM.
#pragma once

#include <functional>
#include <string>
#include <string_view>

#include "core/json.h"

namespace tandem::iam {

/// Puts one page of items into output under member, with IsTruncated and Marker. Items come in
/// order of their key, which the marker stands for. Throws ApiError for a marker that is none.
class Page {
 public:
  Page(const json::object& input, std::string_view member);
  /// False once nothing more will be taken.
  bool add(std::string_view key, json::value item);
  json::object finish() &&;

 private:
  std::string member_;
  std::string after_;
  std::size_t limit_;
  std::string last_;
  bool truncated_ = false;
  json::array items_;
};

}  // namespace tandem::iam

#include "services/iam/model/paging.h"

#include "core/bytes.h"
#include "services/iam/errors.h"

namespace tandem::iam {
namespace {

constexpr std::int64_t kDefaultItems = 100;

std::string read_marker(const json::object& input) {
  const auto marker = json::find_string(input, "Marker");
  if (!marker) return {};
  const auto key = core::base64_decode(*marker);
  if (!key || key->empty()) throw errors::validation_error("Invalid Marker.");
  return *key;
}

}  // namespace

Page::Page(const json::object& input, std::string_view member)
    : member_(member),
      after_(read_marker(input)),
      limit_(static_cast<std::size_t>(json::int_or(input, "MaxItems", kDefaultItems))) {}

bool Page::add(std::string_view key, json::value item) {
  if (!after_.empty() && key <= after_) return true;
  if (items_.size() == limit_) {
    truncated_ = true;
    return false;
  }
  last_ = key;
  items_.push_back(std::move(item));
  return true;
}

json::object Page::finish() && {
  json::object output;
  output[member_] = std::move(items_);
  output["IsTruncated"] = truncated_;
  if (truncated_) output["Marker"] = core::base64_encode(last_);
  return output;
}

}  // namespace tandem::iam

// Tags of IAM's entities.
#pragma once

#include "core/json.h"

namespace tandem::iam {

/// Adds or replaces tags ({"Key", "Value"} objects). Throws ApiError for duplicates in given,
/// system tags, and more than 50.
json::array merge_tags(const json::array* present, const json::array* given);
json::array remove_tags(const json::array* present, const json::array& keys);

}  // namespace tandem::iam

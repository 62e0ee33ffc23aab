// Tags of IAM's entities.
#pragma once

#include "core/json.h"

namespace tandem::iam {

/// Only AWS's services may set tags that begin with "aws:".
enum class TagCaller { kUser, kService };

/// Adds or replaces tags ({"Key", "Value"} objects). Throws ApiError for duplicates in given,
/// a user's system tags, and more than 50.
json::array merge_tags(const json::array* present, const json::array* given,
                       TagCaller caller = TagCaller::kUser);
json::array remove_tags(const json::array* present, const json::array& keys);

}  // namespace tandem::iam

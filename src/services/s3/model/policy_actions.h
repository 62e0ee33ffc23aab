// Which actions of S3 are on objects and which on buckets.
#pragma once

#include <string_view>

namespace tandem::s3 {

/// '*' stands for any text and '?' for any character; letters are what they are in either case.
bool matches_pattern(std::string_view pattern, std::string_view text);

/// What an action of a policy, which may be a pattern, can be done to. Both for one that is not
/// known.
struct ActionReach {
  bool objects = false;
  bool buckets = false;
};
ActionReach reach_of(std::string_view action);

}  // namespace tandem::s3

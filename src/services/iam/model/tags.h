// How IAM's entities are tagged.
#pragma once

#include "service/tags.h"
#include "services/iam/errors.h"

namespace tandem::iam {

inline constexpr service::TagRules kTagRules{
    .keys_by_case = service::TagRules::Case::kIgnored,
    .too_many =
        [](std::string_view) {
          return errors::limit_exceeded("The number of tags has reached the maximum limit.");
        },
    .reserved =
        [](std::string_view) {
          return errors::invalid_input("Cannot specify tag keys that begin with \"aws:\".");
        },
    .duplicate =
        [](std::string_view) {
          return errors::invalid_input(
              "Duplicate tag keys found. Please note that Tag keys are case insensitive.");
        }};

}  // namespace tandem::iam

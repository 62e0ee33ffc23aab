// Lambda developer guide, "Using tags on Lambda functions".
#pragma once

#include "service/tags.h"
#include "services/lambda/errors.h"

namespace tandem::lambda {

inline constexpr service::TagRules kTagRules{
    .too_many =
        [](std::string_view) {
          return errors::invalid_parameter("Tag count exceeded, limit: 50.");
        },
    .reserved =
        [](std::string_view) {
          return errors::invalid_parameter(
              "aws: prefixed tag key names are not allowed for external use.");
        },
    .bad_key =
        [](std::string_view) {
          return errors::invalid_parameter("Tag keys must have between 1 and 128 characters.");
        },
    .bad_value =
        [](std::string_view) {
          return errors::invalid_parameter("Tag values must have at most 256 characters.");
        }};

}  // namespace tandem::lambda

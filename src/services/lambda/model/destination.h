// Where what became of an asynchronous invocation is told.
#pragma once

#include <string>
#include <string_view>

#include "services/lambda/model/name.h"

namespace tandem::lambda {

struct Destination {
  enum class Kind { kFunction, kEventBus };
  Kind kind = Kind::kFunction;
  FunctionReference function;  ///< kFunction
};

/// Refuses by name what is one on AWS and not here; throws InvalidParameterValueException for what
/// is none. member is the path that is said then, "DestinationConfig.OnSuccess".
Destination read_destination(std::string_view arn, std::string_view member, std::string_view region,
                             std::string_view account);

}  // namespace tandem::lambda

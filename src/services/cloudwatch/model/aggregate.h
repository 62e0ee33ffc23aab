// A period's values, by the name that CloudWatch's own code has for them.
#pragma once

#include "core/aggregate.h"

namespace tandem::cloudwatch {

using core::Aggregate;

}  // namespace tandem::cloudwatch

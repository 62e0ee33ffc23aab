// The words that need a "#name" in expressions.
#pragma once

#include <string_view>

namespace tandem::dynamodb {

/// Compares without regard to case.
bool is_reserved_word(std::string_view name);

}  // namespace tandem::dynamodb

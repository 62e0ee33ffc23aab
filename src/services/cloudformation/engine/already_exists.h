// What CloudFormation says of a resource it was to make and that is there already.
#pragma once

#include <string>
#include <string_view>

namespace tandem::cloudformation {

/// AWS's text, and for types where the name alone would mislead, what else to look at.
std::string already_exists_text(std::string_view type, std::string_view name);

}  // namespace tandem::cloudformation

// Source that a template holds itself (Template Reference, "AWS::Lambda::Function Code", ZipFile):
// packed as CloudFormation packs it, with the module by which it answers custom resources.
#pragma once

#include <string>

#include "core/json.h"

namespace tandem::cloudformation {

/// Throws HandlerError when the function's Runtime takes no source from a template, or the package
/// would be too large.
void check_inline_code(const json::object& properties);

/// The package of Code.ZipFile in base64, as Lambda takes it. The same source is the same package,
/// byte for byte. Empty: there is no source in the properties, which check_inline_code has passed.
std::string packed_inline_code(const json::object& properties);

}  // namespace tandem::cloudformation
